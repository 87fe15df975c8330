using System.Text;

namespace Larder.Store;

/// <summary>What every control store accepts; one place for all implementations.</summary>
public static class StoreLimits
{
    /// <summary>The longest key, in characters.</summary>
    public const int LongestKey = 512;

    /// <summary>The largest value, in bytes of UTF-8.</summary>
    public const int LargestValueBytes = 1 << 20;

    /// <summary>Checks a transaction before anything is done with it.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <exception cref="ControlStoreException">A key or value is not acceptable, or a key has two operations; the message names the key.</exception>
    public static void Check(StoreTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        foreach (var condition in transaction.Conditions)
        {
            CheckKey(condition.Key);
        }

        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (var operation in transaction.Operations)
        {
            CheckKey(operation.Key);
            if (!written.Add(operation.Key))
            {
                throw new ControlStoreException($"A transaction has two operations on {operation.Key}; it may have one.", isTransient: false);
            }

            if (operation.Value is { } value && Encoding.UTF8.GetByteCount(value) is var bytes and > LargestValueBytes)
            {
                throw new ControlStoreException(
                    $"The value of {operation.Key} has {bytes} bytes; at most {LargestValueBytes} are stored.", isTransient: false);
            }
        }
    }

    /// <summary>Checks a key.</summary>
    /// <param name="key">The key.</param>
    /// <exception cref="ControlStoreException">It is empty, too long, or has other than printable ASCII characters.</exception>
    public static void CheckKey(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.Length is 0 or > LongestKey || key.Any(character => character is < '!' or > '~'))
        {
            throw new ControlStoreException(
                $"'{(key.Length > 64 ? key[..64] + "…" : key)}' is not a key: it must have 1 to {LongestKey} printable ASCII characters and no space.",
                isTransient: false);
        }
    }

    /// <summary>Checks a lease's time to live.</summary>
    /// <param name="timeToLive">The time.</param>
    /// <exception cref="ControlStoreException">It is not above zero.</exception>
    public static void CheckTimeToLive(TimeSpan timeToLive)
    {
        if (timeToLive <= TimeSpan.Zero)
        {
            throw new ControlStoreException($"A lease of {timeToLive} cannot be granted: it must be above zero.", isTransient: false);
        }
    }
}
