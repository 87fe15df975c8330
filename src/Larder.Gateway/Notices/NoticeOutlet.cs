using System.Buffers;
using System.Net.Sockets;

namespace Larder.Gateway.Notices;

/// <summary>
/// The one place where a client is written to out of turn. Replies and notices take turns at the client's output: whoever has the turn decides what is
/// written and writes it, so that "between two replies" means the same for what was decided and for what the client has got.
/// </summary>
/// <remarks>
/// <code>
/// reply side:  EnterAsync --&gt; scan, PutInto after each reply --&gt; write --&gt; DeliverAsync (what came meanwhile) --&gt; Leave
/// Post:        notice waits --&gt; the turn is free? --&gt; DeliverAsync --&gt; Leave        (else whoever has the turn delivers it)
/// </code>
/// A notice that cannot be written now, because the client has got half a reply, waits for the next turn. Few can wait: the oldest goes.
/// </remarks>
/// <param name="write">Writes to the client.</param>
/// <param name="look">How the client is to be written to now; <c>null</c> where it is not between two replies. Called by whoever has the turn.</param>
/// <param name="broken">Called where writing fails out of turn.</param>
internal sealed class NoticeOutlet(Func<ReadOnlyMemory<byte>, ValueTask> write, Func<NoticeReader?> look, Action broken)
{
    private const int MaxWaiting = 16;

    private readonly Lock _gate = new();
    private readonly List<Notice> _waiting = [];
    private readonly Queue<TaskCompletionSource> _next = new();
    private volatile bool _hasWaiting;
    private bool _taken;
    private bool _posted;
    private bool _closed;

    /// <summary>Waits for the turn.</summary>
    public ValueTask EnterAsync()
    {
        lock (_gate)
        {
            if (!_taken)
            {
                _taken = true;
                return ValueTask.CompletedTask;
            }

            var next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _next.Enqueue(next);
            return new ValueTask(next.Task);
        }
    }

    /// <summary>Writes the notices that wait, as far as they can be. Needs the turn.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public ValueTask DeliverAsync()
    {
        lock (_gate)
        {
            _posted = false;
            if (_waiting.Count == 0 || _closed)
            {
                return ValueTask.CompletedTask;
            }

            var output = new ArrayBufferWriter<byte>();
            Take(output);
            return output.WrittenCount == 0 ? ValueTask.CompletedTask : write(output.WrittenMemory);
        }
    }

    /// <summary>Puts the notices that wait between two replies which are written together. Needs the turn.</summary>
    /// <param name="output">What is about to be written; it ends with a whole reply.</param>
    public void PutInto(IBufferWriter<byte> output)
    {
        if (!_hasWaiting)
        {
            return;
        }

        lock (_gate)
        {
            if (!_closed)
            {
                Take(output);
            }
        }
    }

    /// <summary>Gives the turn away.</summary>
    /// <param name="last">Whether nothing may be put in any more.</param>
    public void Leave(bool last = false)
    {
        TaskCompletionSource? next;
        lock (_gate)
        {
            _closed |= last;
            if (_posted && !_closed && _next.Count == 0)
            {
                // It came while this turn's last look was over already: the turn goes on for it.
                _ = DeliverAndLeaveAsync();
                return;
            }

            _taken = _next.TryDequeue(out next);
        }

        next?.SetResult();
    }

    /// <summary>Has a notice written as soon as the client is between two replies.</summary>
    /// <param name="notice">The notice.</param>
    /// <returns>False where nothing is put in any more: somebody else speaks to the client by now, or nobody does.</returns>
    public bool Post(Notice notice)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return false;
            }

            if (_waiting.Count == MaxWaiting)
            {
                _waiting.RemoveAt(0);
            }

            _waiting.Add(notice);
            _posted = _hasWaiting = true;
            if (_taken)
            {
                return true;
            }

            _taken = true;
        }

        _ = DeliverAndLeaveAsync();
        return true;
    }

    /// <summary>Puts nothing in any more, and waits until what is being written is written.</summary>
    /// <returns>The notices that were not written: for whoever speaks to the client next.</returns>
    public async ValueTask<IReadOnlyList<Notice>> CloseAsync()
    {
        await EnterAsync();
        Leave(last: true);
        lock (_gate)
        {
            Notice[] left = [.. _waiting];
            _waiting.Clear();
            _hasWaiting = false;
            return left;
        }
    }

    private async Task DeliverAndLeaveAsync()
    {
        var last = false;
        try
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            await DeliverAsync();
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            last = true;
            broken();
        }

        Leave(last);
    }

    /// <summary>
    /// Takes what can be written now out of the waiting notices. The only one who holds this gate and a ledger's together is who has the turn.
    /// </summary>
    private void Take(IBufferWriter<byte> output)
    {
        if (look() is { } reader)
        {
            _waiting.RemoveAll(notice => notice.TryWrite(output, reader));
            _hasWaiting = _waiting.Count > 0;
        }
    }
}
