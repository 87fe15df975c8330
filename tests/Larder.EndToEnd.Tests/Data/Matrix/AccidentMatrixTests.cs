using Larder.EndToEnd.Tests.Harness;
using Xunit;

namespace Larder.EndToEnd.Tests.Data.Matrix;

/// <summary>
/// Every persistence against every accident: what was acknowledged, what came back, what the user was told. With LARDER_LONG=1 in the environment all of
/// it (or what has LARDER_ACCIDENT in its name), in a table on artifacts/accidents.md; else the accidents that are in no other test.
/// </summary>
public sealed class AccidentMatrixTests
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("LARDER_LONG") == "1";
    private static readonly string Wanted = Environment.GetEnvironmentVariable("LARDER_ACCIDENT") ?? "";
    private static readonly string[] Short = ["the disk is full at a rewrite"];
    private static readonly Lock Table = new();

    public static TheoryData<string> Rows => [.. Accidents.All.Select(accident => accident.Name).Where(name => Long ? name.Contains(Wanted, StringComparison.Ordinal) : Short.Contains(name))];

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Nothing_is_lost_silently(string name)
    {
        var accident = Accidents.All.Single(one => one.Name == name);
        Assert.SkipWhen(accident.Disk != SceneDisk.Usual && Environment.UserName != "root", "Mounting a file system needs root.");
        await using var scene = await Scene.SetAsync(accident);
        var larder = scene.Larder;
        var before = new Dictionary<string, int>();
        foreach (var cache in Scene.Caches.Values)
        {
            before[cache] = (await larder.EventsAsync(cache)).Count;
        }

        await accident.Strike(scene);
        using var up = larder.Begin("up", "--detach");
        foreach (var (persistence, cache) in Scene.Caches.Where(pair => accident.Least(pair.Key) < 0))
        {
            Assert.Contains("no copy passes its check", await larder.EventAsync(cache, "DataLost"), StringComparison.Ordinal);
            (await larder.RunAsync("restore", cache, "--replace", "--yes")).Succeeded();
        }

        // Where a restore was waited for, the first one may have given up.
        await up.WaitForExitAsync(TestContext.Current.CancellationToken);
        (await larder.RunAsync("up", "--detach")).Succeeded();
        var problems = new List<string>();
        foreach (var (persistence, cache) in Scene.Caches)
        {
            await larder.WaitAsync(cache, "Ready", Installation.IsReady, TimeSpan.FromSeconds(60));
            var back = await scene.CountAsync(cache);
            var told = (await larder.EventsAsync(cache)).Skip(before[cache]).ToList();
            Report(name, persistence, back, told);
            if (back < Math.Abs(accident.Least(persistence)))
            {
                problems.Add($"{persistence}: {back} of {Scene.All} keys are back; at least {Math.Abs(accident.Least(persistence))} were to be.");
            }

            if (back < Scene.All && !told.Any(happened => happened.Kind is "DataLost" or "DataRestored"))
            {
                problems.Add($"{persistence}: {back} of {Scene.All} keys are back, and nobody was told.");
            }

            if (accident.Told(persistence) is { } sentence && !told.Any(happened => happened.Message.Contains(sentence, StringComparison.Ordinal)))
            {
                problems.Add($"{persistence}: nobody was told '{sentence}', but: {string.Join(" | ", told.Select(happened => happened.Message))}");
            }
        }

        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }

    private static void Report(string accident, string persistence, int back, List<(string Kind, string Message)> told)
    {
        if (Long)
        {
            var path = Path.Combine(Installation.Root, "artifacts", "accidents.md");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            lock (Table)
            {
                File.AppendAllText(path, $"| {accident} | {persistence} | {Scene.All} | {back} | {string.Join(", ", told.Select(happened => happened.Kind).Distinct())} |\n");
            }
        }
    }
}
