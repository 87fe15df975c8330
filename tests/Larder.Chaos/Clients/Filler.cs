namespace Larder.Chaos.Clients;

/// <summary>Data that no workload touches, so that a full sync takes its time. It is written anew where it was lost with everything else.</summary>
/// <param name="endpoint">Where to write.</param>
/// <param name="megabytes">How much, in MiB; 0 for none.</param>
/// <param name="seed">Of its bytes.</param>
internal sealed class Filler(ClientEndpoint endpoint, int megabytes, int seed)
{
    private const int ValuesOfAMegabyte = 64;
    private const int RawBytes = 12 * 1024; // 16 KiB as text, which does not compress
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Writes it where it is not there.</summary>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="InvalidOperationException">It was refused.</exception>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (megabytes == 0)
        {
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        await using var connection = await RespConnection.OpenAsync(endpoint, limit.Token);
        var count = Count(megabytes);
        if (await connection.CallAsync(limit.Token, "EXISTS", Key(count - 1)) is RespValue.Number { Value: 1 })
        {
            return;
        }

        var random = new Random(seed);
        var raw = new byte[RawBytes];
        for (var i = 0; i < count; i++)
        {
            random.NextBytes(raw);
            var answer = await connection.CallAsync(limit.Token, "SET", Key(i), Convert.ToBase64String(raw));
            if (answer is not RespValue.Simple)
            {
                throw new InvalidOperationException($"The filler was answered with {answer}.");
            }
        }
    }

    /// <summary>How many keys it is.</summary>
    public static int Count(int megabytes) => megabytes * ValuesOfAMegabyte;

    private static string Key(int index) => $"filler:{index}";
}
