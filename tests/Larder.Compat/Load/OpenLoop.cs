using System.Globalization;
using System.Text;

namespace Larder.Compat.Load;

/// <summary>
/// Commands that come at their own times, whether the ones before them are answered or not, as those of many independent clients do; a command's time
/// counts from when it should have been sent. One thread, and nothing that is not needed: the machine is the server's.
/// </summary>
internal static class OpenLoop
{
    private const int Keys = 10_000;
    private const int ValueBytes = 100;

    /// <param name="options">
    /// <c>rate</c>: commands a second; <c>seconds</c> (5); <c>connections</c> (50); <c>seed</c> (1). Half are SET, half GET, of 100 bytes. Prints the rate that was
    /// reached, and the 50th, 99th and 99.9th percentile (ms).
    /// </param>
    public static async Task<int> RunAsync(Arguments options)
    {
        var server = new Server(options);
        await FillAsync(server);
        using var context = new NativeTlsContext();
        var clients = Enumerable.Range(0, options.Number("connections", 50)).Select(_ => new NativeTlsClient(context, server.Port)).ToArray();
        try
        {
            foreach (var client in clients)
            {
                client.Enter(server.Key);
            }

            var run = new OpenLoopRun(clients, options.Number("rate", 10_000), new Random(options.Number("seed", 1)), ValueBytes, Keys);
            run.Go(TimeSpan.FromSeconds(1)); // What runs often is compiled by now.
            var times = run.Go(TimeSpan.FromSeconds(options.Number("seconds", 5)));
            times.Sort();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{run.Reached:0} {At(times, 0.5):0.000} {At(times, 0.99):0.000} {At(times, 0.999):0.000}"));
            return 0;
        }
        finally
        {
            Array.ForEach(clients, client => client.Dispose());
        }
    }

    private static double At(List<long> times, double share) =>
        times[(int)(times.Count * share)] * 1000.0 / TimeProvider.System.TimestampFrequency;

    private static async Task FillAsync(Server server)
    {
        await using var client = await server.EnterAsync();
        for (var key = 0; key < Keys; key += 100)
        {
            await client.SendAsync(Enumerable.Range(key, 100).SelectMany(number => Encoding.ASCII.GetBytes(OpenLoopRun.Set(number, ValueBytes))).ToArray());
            for (var answers = 0; answers < 100; answers++)
            {
                _ = await client.ReadAsync(TimeSpan.FromSeconds(10));
            }
        }
    }
}
