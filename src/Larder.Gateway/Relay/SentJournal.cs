using System.Buffers;
using Larder.Resp.Requests;

namespace Larder.Gateway.Relay;

/// <summary>
/// What was sent on one engine connection and is not answered yet, as bytes: when the engine fails, what only reads is taken from here and given
/// to the next one. It is copied batch by batch, forgotten as soon as nothing is under way, and bounded.
/// </summary>
/// <remarks>
/// <code>
///   batch 1              batch 2                      Append: one copy of each batch
///   GET a | SET b 1 |    GET c | SET d &lt;half&gt;
///   ^answered             ^first unanswered           Read: skips as many commands as were answered
/// </code>
/// Used by the request side; read by whoever moves the session, when neither side uses the connection any more. The ledger's gate is needed.
/// </remarks>
internal sealed class SentJournal
{
    /// <summary>What is under way beyond this is not kept: its commands that read are then answered like those that write.</summary>
    public const int MaxBytes = 64 * 1024;

    private readonly List<(int End, long Commands)> _batches = [];
    private byte[] _bytes = [];
    private int _length;
    private int _sent;
    private long _first;
    private long _commands;

    /// <summary>Whether there was too much under way to keep.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>Notes a batch that is about to be sent.</summary>
    /// <param name="batch">Its bytes.</param>
    /// <param name="commands">How many commands begin in it.</param>
    /// <param name="endsInsideCommand">Whether the last one goes on in the next batch.</param>
    /// <param name="answered">How many commands the engine has answered, of all on this connection.</param>
    public void Append(ReadOnlySpan<byte> batch, int commands, bool endsInsideCommand, long answered)
    {
        _commands += commands;
        if (Overflowed)
        {
            return;
        }

        if (_length + batch.Length > MaxBytes)
        {
            Trim(answered);
        }

        if (_length + batch.Length > MaxBytes)
        {
            Overflowed = true;
            Release();
            return;
        }

        if (_bytes.Length < _length + batch.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Min(MaxBytes, Math.Max(256, Math.Max(_length + batch.Length, _length * 2))));
            _bytes.AsSpan(0, _length).CopyTo(larger);
            Return();
            _bytes = larger;
        }

        batch.CopyTo(_bytes.AsSpan(_length));
        _length += batch.Length;
        if (!endsInsideCommand)
        {
            _batches.Add((_length, _commands));
        }
    }

    /// <summary>Notes how much of the last batch the engine's socket has taken.</summary>
    /// <param name="missing">Bytes at its end that were not taken.</param>
    public void NoteSent(int missing) => _sent = Math.Max(0, _length - missing);

    /// <summary>Forgets all and gives the memory back.</summary>
    /// <param name="answered">How many commands the engine has answered.</param>
    public void Clear(long answered)
    {
        Overflowed = false;
        _first = _commands = answered;
        Release();
    }

    /// <summary>Reads what is unanswered.</summary>
    /// <param name="answered">How many commands the engine has answered.</param>
    /// <returns>The commands in order, the last one perhaps in part; <c>null</c> where they were not kept.</returns>
    public List<SentCommand>? Read(long answered)
    {
        if (Overflowed)
        {
            return null;
        }

        var commands = new List<SentCommand>();
        var scanner = new RespRequestScanner(RespRequestLimits.Guest);
        var index = _first;
        for (var start = 0; start < _length; index++)
        {
            var whole = scanner.Scan(_bytes.AsSpan(start, _length - start)) == RespRequestStatus.Command;
            var length = whole ? scanner.Length : _length - start;
            if (index >= answered)
            {
                commands.Add(new SentCommand(_bytes.AsMemory(start, length), whole, WasSent: start + length <= _sent));
            }

            start += length;
            scanner.Next();
        }

        return commands;
    }

    private void Trim(long answered)
    {
        var done = _batches.FindLastIndex(batch => batch.Commands <= answered);
        if (done < 0)
        {
            return;
        }

        var (end, commands) = _batches[done];
        _bytes.AsSpan(end, _length - end).CopyTo(_bytes);
        _length -= end;
        _first = commands;
        _batches.RemoveRange(0, done + 1);
        for (var index = 0; index < _batches.Count; index++)
        {
            _batches[index] = (_batches[index].End - end, _batches[index].Commands);
        }
    }

    private void Release()
    {
        _length = _sent = 0;
        _batches.Clear();
        Return();
    }

    private void Return()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes, clearArray: true); // may hold the gateway's credentials, and always a client's data
            _bytes = [];
        }
    }
}
