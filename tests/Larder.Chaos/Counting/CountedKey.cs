using System.Collections.Immutable;
using System.Globalization;
using Larder.Chaos.Clients;

namespace Larder.Chaos.Counting;

/// <summary>
/// A key whose type, value and time of expiry follow from its number, so that each of any number of keys can be checked without remembering it.
/// </summary>
/// <param name="Number">From 0 on; the type changes with each.</param>
/// <param name="FirstExpiry">When the first of those expires that do, in milliseconds since 1970.</param>
public readonly record struct CountedKey(int Number, long FirstExpiry)
{
    private const int Types = 6;
    private const int ExpiryStep = 10_000;

    /// <summary>The name.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"counted:{Number}");

    /// <summary>What <c>TYPE</c> says of it.</summary>
    public string Type => (Number % Types) switch { 0 => "string", 1 => "hash", 2 => "list", 3 => "set", 4 => "zset", _ => "stream" };

    /// <summary>When it expires, in milliseconds since 1970; -1 where it does not. Two of three do.</summary>
    public long Expiry => Number / Types % 3 == 0 ? -1 : FirstExpiry + ((long)(Number % ExpiryStep) * 1000);

    /// <summary>The commands that make it.</summary>
    public IEnumerable<string[]> Writes
    {
        get
        {
            yield return (Number % Types) switch
            {
                0 => ["SET", Name, Text],
                1 => ["HSET", Name, "number", N(Number), "text", Text],
                2 => ["RPUSH", Name, N(Number), Text, N(Number + 1)],
                3 => ["SADD", Name, N(Number), N(-Number - 1), "member"],
                4 => ["ZADD", Name, N(Number), "one", N(Number + 1), "two"],
                _ => ["XADD", Name, $"{Number + 1}-1", "number", N(Number)],
            };
            if (Expiry >= 0)
            {
                yield return ["PEXPIREAT", Name, Expiry.ToString(CultureInfo.InvariantCulture)];
            }
        }
    }

    /// <summary>The command that reads its value.</summary>
    public string[] Read => (Number % Types) switch
    {
        0 => ["GET", Name],
        1 => ["HMGET", Name, "number", "text"],
        2 => ["LRANGE", Name, "0", "-1"],
        3 => ["SMEMBERS", Name],
        4 => ["ZRANGE", Name, "0", "-1", "WITHSCORES"],
        _ => ["XRANGE", Name, "-", "+"],
    };

    /// <summary>Whether an answer to <see cref="Read"/> is its value.</summary>
    public bool IsValue(RespValue answer) => (Number % Types) switch
    {
        0 => answer == new RespValue.Bulk(Text),
        1 => Flat(answer).SequenceEqual([N(Number), Text]),
        2 => Flat(answer).SequenceEqual([N(Number), Text, N(Number + 1)]),
        3 => Flat(answer).Order(StringComparer.Ordinal).SequenceEqual(new[] { N(Number), N(-Number - 1), "member" }.Order(StringComparer.Ordinal)),
        4 => Flat(answer).SequenceEqual(["one", N(Number), "two", N(Number + 1)]),
        _ => Flat(answer).SequenceEqual([$"{Number + 1}-1", "number", N(Number)]),
    };

    /// <summary>Whether an answer to <see cref="Read"/> is that of a key that is not there.</summary>
    public static bool IsAbsent(RespValue answer) => answer is RespValue.Bulk { Text: null }
        || (answer is RespValue.List list && list.Items.All(item => item is RespValue.Bulk { Text: null }));

    private string Text => new((char)('a' + (Number % 26)), 10 + (Number % 90));

    private static string N(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static ImmutableArray<string> Flat(RespValue value) => value switch
    {
        RespValue.Bulk { Text: { } text } => [text],
        RespValue.List list => [.. list.Items.SelectMany(item => Flat(item))],
        _ => [],
    };
}
