using Larder.Chaos.Counting;
using Larder.Chaos.Running;
using Xunit;

namespace Larder.Chaos.Tests;

/// <summary>Every key is there after each change of the number of shards; <c>bench/cluster counting</c> counts a million.</summary>
[Collection("one installation at a time")]
public sealed class CountingTests
{
    [Fact]
    public async Task Keys_of_all_types_are_there_once_with_value_and_expiry_after_each_change_of_the_number_of_shards()
    {
        var changes = new List<CountingResult>();
        var problems = await CountingRun.RunAsync(
            new CountingOptions(RepositoryRoot.Program, 20_000, [1, 8, 1]) { Clients = 4 }, changes.Add, TestContext.Current.CancellationToken);
        Assert.True(problems.IsEmpty, string.Join("; ", problems));
        Assert.Equal(2, changes.Count);
        Assert.All(changes, change => Assert.True(change.Operations > 0, $"{change}"));
    }
}
