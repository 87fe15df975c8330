using Larder.EndToEnd.Tests.Harness;
using Xunit;

namespace Larder.EndToEnd.Tests.Data;

/// <summary>
/// What comes back after all processes were killed and files were damaged, and what the user is told. Every persistence against every accident is in
/// <see cref="Matrix.AccidentMatrixTests"/>.
/// </summary>
public sealed class AccidentTests(Wreckage wreckage) : IClassFixture<Wreckage>
{
    [Theory]
    [InlineData("memory", 0, "its data was in memory only")]
    [InlineData("rdb", 12, "what was written after that is lost")]
    [InlineData("aof", 13, null)]
    [InlineData("dual", 13, null)]
    public async Task What_was_on_disk_survives_the_death_of_all_processes(string cache, int keys, string? told)
    {
        var back = await wreckage.BackAsync(cache);
        Assert.Equal(keys, back.Count);
        Assert.Empty(back.Except(wreckage.Written(cache)));
        if (told is not null)
        {
            Assert.Contains(told, await wreckage.Larder.EventAsync(cache, "DataLost"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_torn_end_of_the_log_is_cut_kept_aside_and_told()
    {
        Assert.Equal(wreckage.Written("torn"), await wreckage.BackAsync("torn"));
        Assert.Contains("were cut off and are kept in", await wreckage.Larder.EventAsync("torn", "LogRepaired"), StringComparison.Ordinal);
        var torn = Directory.GetFiles(Damage.Nodes(wreckage.Larder, "torn"), "torn-*", SearchOption.AllDirectories);
        Assert.NotEmpty(torn);
        Assert.Equal(Damage.Torn, await File.ReadAllTextAsync(torn[0], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_damaged_log_is_put_aside_where_a_good_one_is_left()
    {
        Assert.Equal(wreckage.Written("spoilt"), await wreckage.BackAsync("spoilt"));
        Assert.Contains("damaged in its middle", await wreckage.Larder.EventAsync("spoilt", "DataSetAside"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_snapshot_that_is_cut_off_is_put_aside_where_a_good_one_is_left()
    {
        Assert.Equal(12, (await wreckage.BackAsync("cut")).Count);
        Assert.Contains("is cut off", await wreckage.Larder.EventAsync("cut", "DataSetAside"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ruined")]
    [InlineData("cut-all")]
    public async Task Where_every_copy_is_damaged_nothing_starts_until_a_backup_is_restored(string cache)
    {
        Assert.Contains("no copy passes its check", await wreckage.Larder.EventAsync(cache, "DataLost"), StringComparison.Ordinal);
        Assert.DoesNotContain(Installation.Nodes(await wreckage.Larder.ShowAsync(cache)), node => node.GetProperty("state").GetString() == "InSync");
        (await wreckage.Larder.RunAsync("restore", cache, "--replace", "--yes")).Succeeded();
        Assert.Equal(12, (await wreckage.BackAsync(cache)).Intersect(wreckage.Written(cache)).Count());
    }

    [Fact]
    public async Task A_primary_whose_folder_is_gone_gets_everything_from_the_node_that_has_it() =>
        Assert.Equal(wreckage.Written("emptied"), await wreckage.BackAsync("emptied"));

    [Fact]
    public async Task A_second_storage_has_the_log_where_the_first_one_is_lost()
    {
        Assert.Equal(wreckage.Written("homeless"), await wreckage.BackAsync("homeless"));
        (await wreckage.Larder.RunAsync("delete", "homeless", "--yes")).Succeeded();
        Assert.Empty(Directory.GetDirectories(Path.Combine(wreckage.Larder.Home, "storages", "second", "logs"), "homeless-*"));
    }

    [Fact]
    public async Task The_first_storage_has_the_log_where_the_second_one_is_lost_and_a_new_one_is_begun_there()
    {
        Assert.Equal(wreckage.Written("storeless"), await wreckage.BackAsync("storeless"));
        Assert.Contains("is gone", await wreckage.Larder.EventAsync("storeless", "DataNotWritten"), StringComparison.Ordinal);
        Assert.NotEmpty(Directory.GetFiles(
            Directory.GetDirectories(Path.Combine(wreckage.Larder.Home, "storages", "second", "logs"), "storeless-*").Single(), "*.manifest", SearchOption.AllDirectories));
    }
}
