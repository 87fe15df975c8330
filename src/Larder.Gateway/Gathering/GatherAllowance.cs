namespace Larder.Gateway.Gathering;

/// <summary>How much memory all commands for several shards may take together, with their replies. Thread-safe.</summary>
/// <param name="limitBytes">The most.</param>
internal sealed class GatherAllowance(long limitBytes)
{
    private long _taken;

    /// <summary>How much is taken now.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Takes some.</summary>
    /// <param name="bytes">How much.</param>
    /// <returns>False where so much is not left; then nothing is taken.</returns>
    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) <= limitBytes)
        {
            return true;
        }

        GiveBack(bytes);
        return false;
    }

    /// <summary>Gives back what was taken.</summary>
    /// <param name="bytes">How much.</param>
    public void GiveBack(long bytes) => Interlocked.Add(ref _taken, -bytes);
}
