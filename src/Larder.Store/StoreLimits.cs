using System.Text;

namespace Larder.Store;

/// <summary>What every control store accepts; one place for all implementations.</summary>
public static class StoreLimits
{
    /// <summary>The longest key, in characters.</summary>
    public const int LongestKey = 512;

    /// <summary>The largest value, in bytes of UTF-8.</summary>
    public const int LargestValueBytes = 1 << 20;

    /// <summary>The most operations in a transaction, and the most conditions.</summary>
    /// <value>What etcd accepts by default, so that what works on one host works on several.</value>
    public const int MostOperations = 128;

    // Anything that is no Unicode text must be an error: replaced silently, a value would come back other than it was written.
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The longest time to live of a lease.</summary>
    public static TimeSpan LongestTimeToLive { get; } = TimeSpan.FromDays(3650);

    /// <summary>Checks a transaction before anything is done with it.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <exception cref="ControlStoreException">A key or value is not acceptable, a key has two operations, or there are too many of them; the message names the key.</exception>
    public static void Check(StoreTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        if (Math.Max(transaction.Conditions.Length, transaction.Operations.Length) is var count and > MostOperations)
        {
            throw new ControlStoreException(
                $"A transaction that begins with {FirstKey(transaction)} has {count} conditions or operations; it may have {MostOperations}. Split it.",
                isTransient: false);
        }

        foreach (var condition in transaction.Conditions)
        {
            CheckKey(condition.Key);
        }

        var total = 0L;
        var written = new HashSet<string>(StringComparer.Ordinal);
        foreach (var operation in transaction.Operations)
        {
            CheckKey(operation.Key);
            if (!written.Add(operation.Key))
            {
                throw new ControlStoreException($"A transaction has two operations on {operation.Key}; it may have one.", isTransient: false);
            }

            total += operation.Value is { } value ? CheckValue(operation.Key, value) : 0;
            if (total > LargestValueBytes)
            {
                throw new ControlStoreException(
                    $"The values of a transaction have more than {LargestValueBytes} bytes together, up to that of {operation.Key}. Split it.",
                    isTransient: false);
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

    /// <summary>Checks a prefix.</summary>
    /// <param name="prefix">The prefix; may be empty.</param>
    /// <exception cref="ControlStoreException">It is too long, or has other than printable ASCII characters: no key begins with it.</exception>
    public static void CheckPrefix(string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        if (prefix.Length > 0)
        {
            CheckKey(prefix);
        }
    }

    /// <summary>Checks a lease's time to live.</summary>
    /// <param name="timeToLive">The time.</param>
    /// <exception cref="ControlStoreException">It is not above zero, or longer than <see cref="LongestTimeToLive"/>.</exception>
    public static void CheckTimeToLive(TimeSpan timeToLive)
    {
        if (timeToLive <= TimeSpan.Zero || timeToLive > LongestTimeToLive)
        {
            throw new ControlStoreException($"A lease of {timeToLive} cannot be granted: it must be above zero and at most {LongestTimeToLive}.", isTransient: false);
        }
    }

    private static string FirstKey(StoreTransaction transaction) =>
        transaction.Operations.Length > 0 ? transaction.Operations[0].Key : transaction.Conditions[0].Key;

    private static int CheckValue(string key, string value)
    {
        int bytes;
        try
        {
            bytes = StrictUtf8.GetByteCount(value);
        }
        catch (EncoderFallbackException exception)
        {
            throw new ControlStoreException(
                $"The value of {key} is no Unicode text (a lone surrogate at {exception.Index}).", isTransient: false, exception);
        }

        if (value.Contains('\0', StringComparison.Ordinal))
        {
            throw new ControlStoreException($"The value of {key} has a zero character, which a text may not have.", isTransient: false);
        }

        return bytes <= LargestValueBytes
            ? bytes
            : throw new ControlStoreException($"The value of {key} has {bytes} bytes; at most {LargestValueBytes} are stored.", isTransient: false);
    }
}
