namespace Larder.Resp.Replies;

/// <summary>
/// Finds where the frames of a reply stream (RESP2 and RESP3) end, over whatever pieces the bytes arrive in, without keeping them.
/// Of an array or push it remembers the first element, if that is a short string, and the third, if that is an integer: enough to tell
/// pub/sub traffic from replies. Not thread-safe.
/// </summary>
/// <remarks>
/// <code>
///            +------ Type ------+----------------+
///            |        |         |                |
///          + - , ( # _     : $ = ! * ~ % > |      (anything else: invalid)
///            |                  |
///          Line               Number --&gt; aggregate with elements: one level deeper, back to Type
///            |                  |
///            |                Body (the string and its line end)
///            +---------+--------+
///                element done: one level up for each aggregate that is complete; at the top the frame has ended
/// </code>
/// An attribute (<c>|n</c>: n pairs, then the value they belong to) is an aggregate of 2n+1 elements. Streamed types (<c>$?</c>) are refused.
/// </remarks>
public sealed class RespReplyScanner
{
    /// <summary>Deeper nesting is refused; a Lua script that returns nested tables stays below.</summary>
    public const int MaxDepth = 65_536;

    private const int CapturedBytes = 16;

    private readonly byte[] _first = new byte[CapturedBytes];
    private long[] _open = new long[8];
    private int _depth;
    private Phase _phase;
    private byte _type;
    private bool _carriageReturn;
    private bool _negative;
    private int _digits;
    private long _number;
    private long _body;
    private long _elements;
    private int _firstLength;
    private bool _capturing;

    private enum Phase : byte
    {
        Type,
        Number,
        Line,
        Body,
    }

    /// <summary>Whether the next byte begins a top-level frame.</summary>
    public bool AtBoundary { get; private set; } = true;

    /// <summary>The type byte of the current top-level frame, or of the one that just ended.</summary>
    public byte FrameType { get; private set; }

    /// <summary>The first element of the current top-level array or push, where it is a string of at most 16 bytes; else empty.</summary>
    public ReadOnlySpan<byte> FirstElement => FrameType == (byte)'-' ? default : _first.AsSpan(0, _firstLength);

    /// <summary>The first 16 bytes of the current top-level error; its line end and what follows may be among them.</summary>
    public ReadOnlySpan<byte> ErrorText => FrameType == (byte)'-' ? _first.AsSpan(0, _firstLength) : default;

    /// <summary>The third element of the current top-level array or push, where it is an integer; else <c>null</c>.</summary>
    public long? ThirdElement { get; private set; }

    /// <summary>Takes bytes up to the end of the current top-level frame, or all of them.</summary>
    /// <param name="data">The next bytes of the stream.</param>
    /// <param name="consumed">How many were taken.</param>
    /// <returns>What was found. <see cref="RespReplyStatus.FrameEnded"/> is told once for each frame; call again with the rest.</returns>
    public RespReplyStatus Scan(ReadOnlySpan<byte> data, out int consumed)
    {
        var position = 0;
        while (position < data.Length)
        {
            bool? ended;
            switch (_phase)
            {
                case Phase.Type:
                    if (!BeginElement(data[position++]))
                    {
                        consumed = position;
                        return RespReplyStatus.Invalid;
                    }

                    continue;
                case Phase.Number:
                    ended = ReadNumber(data[position++]);
                    break;
                case Phase.Line:
                    ended = SkipLine(data, ref position);
                    break;
                default:
                    ended = SkipBody(data, ref position);
                    break;
            }

            if (ended is null)
            {
                consumed = position;
                return RespReplyStatus.Invalid;
            }

            if (ended.Value)
            {
                AtBoundary = true;
                consumed = position;
                return RespReplyStatus.FrameEnded;
            }
        }

        consumed = position;
        return RespReplyStatus.NeedMoreData;
    }

    /// <summary>Forgets a frame that has begun: what comes next is from another stream.</summary>
    public void Reset()
    {
        AtBoundary = true;
        _phase = Phase.Type;
        _depth = 0;
        _capturing = false;
    }

    private bool BeginElement(byte type)
    {
        if (AtBoundary)
        {
            AtBoundary = false;
            FrameType = type;
            _firstLength = 0;
            _elements = 0;
            ThirdElement = null;
        }

        _type = type;
        _carriageReturn = false;
        switch (type)
        {
            case (byte)'+' or (byte)'-' or (byte)',' or (byte)'(' or (byte)'#' or (byte)'_':
                _phase = Phase.Line;
                return true;
            case (byte)':' or (byte)'$' or (byte)'=' or (byte)'!' or (byte)'*' or (byte)'~' or (byte)'%' or (byte)'>' or (byte)'|':
                _phase = Phase.Number;
                _negative = false;
                _digits = 0;
                _number = 0;
                return true;
            default:
                return false;
        }
    }

    /// <summary>One byte of a header: true where the frame ended, null where the byte does not belong there.</summary>
    private bool? ReadNumber(byte next)
    {
        if (_carriageReturn)
        {
            return next == (byte)'\n' && _digits > 0 ? HeaderDone() : null;
        }

        var digit = (uint)(next - '0');
        if (digit <= 9)
        {
            // Eighteen digits cannot overflow; what is longer is never a length, and as an integer only its magnitude is lost.
            _number = ++_digits <= 18 ? (_number * 10) + digit : long.MaxValue / 4;
            return _digits <= RespInteger.MaxLength ? false : null;
        }

        switch (next)
        {
            case (byte)'\r':
                _carriageReturn = true;
                return false;
            case (byte)'-' or (byte)'+' when _digits == 0 && !_negative:
                _negative = next == (byte)'-';
                return false;
            default:
                return null;
        }
    }

    private bool? HeaderDone()
    {
        var number = _negative ? -_number : _number;
        switch (_type)
        {
            case (byte)':':
                if (_depth == 1 && _elements - _open[0] == 2)
                {
                    ThirdElement = number;
                }

                return ElementDone();
            case (byte)'$' or (byte)'=' or (byte)'!':
                if (number < 0)
                {
                    return number == -1 ? ElementDone() : null;
                }

                _body = number + 2;
                _phase = Phase.Body;
                _capturing = number <= CapturedBytes && _depth == 1 && _elements == _open[0] && FrameType is (byte)'*' or (byte)'>';
                return false;
            default:
                return AggregateOpened(number);
        }
    }

    private bool? AggregateOpened(long number)
    {
        if (number <= 0)
        {
            // An empty attribute is followed by its value, which stands in its place.
            return number < -1 ? null : _type == (byte)'|' ? Open(1) : ElementDone();
        }

        return number > int.MaxValue
            ? null
            : Open(_type switch
            {
                (byte)'%' => number * 2,
                (byte)'|' => (number * 2) + 1,
                _ => number,
            });
    }

    private bool? Open(long elements)
    {
        if (_depth == MaxDepth)
        {
            return null;
        }

        if (_depth == _open.Length)
        {
            Array.Resize(ref _open, _depth * 2);
        }

        if (_depth == 0)
        {
            _elements = elements;
        }

        _open[_depth++] = elements;
        _phase = Phase.Type;
        return false;
    }

    private bool ElementDone()
    {
        _phase = Phase.Type;
        while (_depth > 0)
        {
            if (--_open[_depth - 1] > 0)
            {
                return false;
            }

            _depth--;
        }

        return true;
    }

    private bool SkipLine(ReadOnlySpan<byte> data, ref int position)
    {
        if (_depth == 0 && FrameType == (byte)'-' && _firstLength < CapturedBytes)
        {
            var text = data.Slice(position, Math.Min(CapturedBytes - _firstLength, data.Length - position));
            text.CopyTo(_first.AsSpan(_firstLength));
            _firstLength += text.Length;
        }

        while (position < data.Length)
        {
            var rest = data[position..];
            var end = rest.IndexOf((byte)'\n');
            if (end < 0)
            {
                _carriageReturn = rest[^1] == (byte)'\r';
                position = data.Length;
                return false;
            }

            var terminated = end == 0 ? _carriageReturn : rest[end - 1] == (byte)'\r';
            _carriageReturn = false;
            position += end + 1;
            if (terminated)
            {
                return ElementDone();
            }
        }

        return false;
    }

    private bool SkipBody(ReadOnlySpan<byte> data, ref int position)
    {
        var taken = (int)Math.Min(_body, data.Length - position);
        if (_capturing)
        {
            // The last two bytes are the line end.
            var text = (int)Math.Min(taken, Math.Max(0, _body - 2));
            data.Slice(position, text).CopyTo(_first.AsSpan(_firstLength));
            _firstLength += text;
        }

        position += taken;
        _body -= taken;
        if (_body > 0)
        {
            return false;
        }

        _capturing = false;
        return ElementDone();
    }
}
