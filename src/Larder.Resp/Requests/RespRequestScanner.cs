namespace Larder.Resp.Requests;

/// <summary>
/// Finds where commands end, over whatever pieces the bytes arrive in, and where the first arguments lie. Copies nothing. Not thread-safe.
/// </summary>
/// <remarks>
/// Give <see cref="Scan"/> all bytes from the first one of the command that are there; it goes on where it stopped. When the command is
/// complete, call <see cref="Next"/> and go on behind its <see cref="Length"/> bytes.
/// A command that is too large to be kept is passed on in pieces: take <see cref="Passable"/> bytes away, tell so by <see cref="Passed"/>,
/// and give the scanner what is behind them.
/// The scanner is stricter than Redis in one point: each argument must end with CR LF, which Redis skips unseen. So the scanner and the
/// engine behind it can never disagree about where a command ends.
/// </remarks>
public sealed class RespRequestScanner
{
    /// <summary>Of how many arguments <see cref="Arguments"/> tells the place.</summary>
    public const int KnownArguments = 64;

    /// <summary>A header line is at most a type byte, an integer and the line end; longer ones are refused before they are complete.</summary>
    private const int MaxHeaderBytes = 64;

    private readonly RespArgument[] _arguments = new RespArgument[KnownArguments];
    private long _position;
    private int _seen;
    private int _known;
    private int _lineSearched;
    private bool _counted;
    private bool _inBody;
    private bool _passing;

    /// <summary>Starts at the first command.</summary>
    /// <param name="limits">How large commands may be.</param>
    public RespRequestScanner(RespRequestLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        Limits = limits;
    }

    /// <summary>How large commands may be, from the next header on.</summary>
    public RespRequestLimits Limits { get; set; }

    /// <summary>How many arguments the command says it has, its name included; 0 before that is known, and for inline commands.</summary>
    public int ArgumentCount { get; private set; }

    /// <summary>The first arguments found so far. Offsets count from the command's first byte; none are added once bytes were passed on.</summary>
    public ReadOnlySpan<RespArgument> Arguments => _arguments.AsSpan(0, _known);

    /// <summary>How many bytes the complete command has, or how many are left of it behind the last that were passed on.</summary>
    public int Length => (int)_position;

    /// <summary>
    /// How many bytes, from the start of what was given last, belong to the command and need not be seen again. May be more than there are:
    /// the body of an argument is skipped unseen.
    /// </summary>
    public long Passable => !_counted ? 0 : _inBody ? _position - 2 : _position;

    /// <summary>What Redis says of the invalid bytes, without the <c>Protocol error: </c> before it; each character is a byte. Else empty.</summary>
    public string Error { get; private set; } = "";

    /// <summary>Looks at the command's bytes.</summary>
    /// <param name="command">All bytes there are, from the command's first on (or from behind the last that was passed on).</param>
    /// <returns>What was found.</returns>
    public RespRequestStatus Scan(ReadOnlySpan<byte> command)
    {
        if (!_counted)
        {
            if (command.IsEmpty)
            {
                return RespRequestStatus.NeedMoreData;
            }

            if (command[0] != (byte)'*')
            {
                return ScanLine(command);
            }

            var status = ScanCount(command);
            if (status != RespRequestStatus.Command)
            {
                return status;
            }
        }

        while (true)
        {
            if (_inBody)
            {
                if (command.Length < _position)
                {
                    return RespRequestStatus.NeedMoreData;
                }

                if (!command.Slice((int)_position - 2, 2).SequenceEqual("\r\n"u8))
                {
                    return Refuse("expected CRLF after bulk");
                }

                _inBody = false;
            }

            if (_seen == ArgumentCount)
            {
                return RespRequestStatus.Command;
            }

            var status = ScanArgumentHeader(command);
            if (status != RespRequestStatus.Command)
            {
                return status;
            }
        }
    }

    /// <summary>Tells that bytes were taken away from the front and will not be shown again.</summary>
    /// <param name="count">0..<see cref="Passable"/>.</param>
    public void Passed(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Passable);
        _position -= count;
        _passing = true;
    }

    /// <summary>Starts the next command, or the same one once more.</summary>
    public void Next()
    {
        _position = 0;
        _seen = 0;
        _known = 0;
        _lineSearched = 0;
        _counted = false;
        _inBody = false;
        _passing = false;
        ArgumentCount = 0;
        Error = "";
    }

    private RespRequestStatus ScanLine(ReadOnlySpan<byte> command)
    {
        var end = command[_lineSearched..].IndexOf((byte)'\n');
        if (end < 0)
        {
            _lineSearched = command.Length;
            return command.Length > RespRequestLimits.InlineBytes ? Refuse("too big inline request") : RespRequestStatus.NeedMoreData;
        }

        _position = _lineSearched + end + 1;
        return command[..(int)_position].Trim("\r\n"u8).IsEmpty ? RespRequestStatus.Nothing : RespRequestStatus.InlineCommand;
    }

    /// <summary>Reads <c>*count</c>; <see cref="RespRequestStatus.Command"/> means: go on.</summary>
    private RespRequestStatus ScanCount(ReadOnlySpan<byte> command)
    {
        if (!TryTakeHeader(command, "too big mbulk count string", out var text))
        {
            return Unfinished();
        }

        if (!RespInteger.TryParse(text, out var count) || count > (Limits.IsUnauthenticated ? int.MaxValue : Limits.Arguments))
        {
            return Refuse("invalid multibulk length");
        }

        if (count > Limits.Arguments)
        {
            return Refuse("unauthenticated multibulk length");
        }

        if (count <= 0)
        {
            return RespRequestStatus.Nothing;
        }

        ArgumentCount = (int)count;
        _counted = true;
        return RespRequestStatus.Command;
    }

    private RespRequestStatus ScanArgumentHeader(ReadOnlySpan<byte> command)
    {
        if (_position >= command.Length)
        {
            return RespRequestStatus.NeedMoreData;
        }

        if (command[(int)_position] != (byte)'$')
        {
            return Refuse($"expected '$', got '{(char)command[(int)_position]}'");
        }

        if (!TryTakeHeader(command, "too big bulk count string", out var text))
        {
            return Unfinished();
        }

        if (!RespInteger.TryParse(text, out var length) || length < 0 || length > RespRequestLimits.Guest.ArgumentBytes)
        {
            return Refuse("invalid bulk length");
        }

        if (length > Limits.ArgumentBytes)
        {
            return Refuse(Limits.IsUnauthenticated ? "unauthenticated bulk length" : "invalid bulk length");
        }

        if (!_passing && _known < KnownArguments)
        {
            _arguments[_known++] = new RespArgument((int)_position, (int)length);
        }

        _seen++;
        _inBody = true;
        _position += length + 2;
        return RespRequestStatus.Command;
    }

    /// <summary>Reads the header line at the position: a type byte, a number, CR LF. Moves behind it.</summary>
    private bool TryTakeHeader(ReadOnlySpan<byte> command, string tooLong, out ReadOnlySpan<byte> number)
    {
        var line = command[(int)_position..];
        var end = line[..Math.Min(line.Length, MaxHeaderBytes)].IndexOf((byte)'\r');
        number = default;
        if (end < 0)
        {
            Error = line.Length >= MaxHeaderBytes ? tooLong : "";
            return false;
        }

        if (end + 1 == line.Length)
        {
            return false;
        }

        number = line[1..end];
        if (line[end + 1] != (byte)'\n')
        {
            // Redis skips this byte unseen; a number that is none is refused by the caller in Redis's words.
            number = "?"u8;
        }

        _position += end + 2;
        return true;
    }

    private RespRequestStatus Unfinished() => Error.Length > 0 ? RespRequestStatus.Invalid : RespRequestStatus.NeedMoreData;

    private RespRequestStatus Refuse(string error)
    {
        Error = error;
        return RespRequestStatus.Invalid;
    }
}
