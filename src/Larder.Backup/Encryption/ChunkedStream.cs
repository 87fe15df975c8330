namespace Larder.Backup.Encryption;

/// <summary>Gives out what is made chunk by chunk.</summary>
internal abstract class ChunkedStream : ReadOnlyStream
{
    /// <summary>What is made and not given out yet.</summary>
    protected ReadOnlyMemory<byte> Ready { get; set; }

    /// <summary>Whether the last chunk is made.</summary>
    protected bool Ended { get; set; }

    /// <inheritdoc/>
    public sealed override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (Ready.IsEmpty && !Ended)
        {
            await MakeNextAsync(cancellationToken);
        }

        var taken = Math.Min(buffer.Length, Ready.Length);
        Ready[..taken].CopyTo(buffer);
        Ready = Ready[taken..];
        return taken;
    }

    /// <summary>Makes the next chunk, and says whether it is the last one.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    protected abstract ValueTask MakeNextAsync(CancellationToken cancellationToken);
}
