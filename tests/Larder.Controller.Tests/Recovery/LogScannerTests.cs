using System.Text;
using Larder.Controller.Recovery;

namespace Larder.Controller.Tests.Recovery;

/// <summary>What is whole, what only ends too early, and what is damaged in a log.</summary>
public sealed class LogScannerTests
{
    private const string Stamped = "#TS:1700000000\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nab\r\nc\r\n";
    private const string Transaction = "*1\r\n$5\r\nMULTI\r\n*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n*1\r\n$4\r\nEXEC\r\n";

    [Fact]
    public async Task A_whole_log_tells_its_commands_and_its_last_stamp()
    {
        var scan = await ScanAsync(Stamped + Transaction);
        Assert.True(scan.Whole);
        Assert.Equal((4, DateTimeOffset.FromUnixTimeSeconds(1_700_000_000)), (scan.Commands, scan.LastStamp));
    }

    [Fact]
    public async Task A_log_cut_anywhere_is_torn_and_valid_up_to_its_last_whole_command_or_transaction()
    {
        for (var length = 1; length < Transaction.Length; length++)
        {
            var scan = await ScanAsync(Stamped + Transaction[..length]);
            Assert.True(scan.Torn);
            Assert.Equal(Stamped.Length, scan.ValidUpTo);
        }
    }

    [Theory]
    [InlineData("*x\r\n")]
    [InlineData("garbage\r\n")]
    [InlineData("*1\r\n+OK\r\n")]
    [InlineData("*1\r\n$2\r\nabcd\r\n")]
    [InlineData("*0\r\n")]
    [InlineData("*1\r\n$-1\r\n")]
    public async Task What_is_no_command_is_damage_not_a_torn_end(string bytes)
    {
        var scan = await ScanAsync(Stamped + bytes + Stamped);
        Assert.False(scan.Torn);
        Assert.Contains($"at byte {Stamped.Length} ", scan.Problem, StringComparison.Ordinal);
        Assert.Equal(Stamped.Length, scan.ValidUpTo);
    }

    [Fact]
    public async Task A_second_is_the_last_one_that_is_taken()
    {
        var text = Stamped + "#TS:1700000005\r\n" + Transaction + "#TS:1700000006\r\n" + Transaction;
        var until = await ScanAsync(text, DateTimeOffset.FromUnixTimeSeconds(1_700_000_005));
        Assert.Equal(text.IndexOf("#TS:1700000006", StringComparison.Ordinal), until.ValidUpTo);
        Assert.Equal(Stamped.Length, (await ScanAsync(text, DateTimeOffset.FromUnixTimeSeconds(1_700_000_004))).ValidUpTo);
        Assert.Equal(0, (await ScanAsync(text, DateTimeOffset.FromUnixTimeSeconds(1_600_000_000))).ValidUpTo);
    }

    [Fact]
    public async Task A_value_longer_than_the_buffer_is_passed_over()
    {
        var text = $"*2\r\n$3\r\nGET\r\n$1000000\r\n{new string('x', 1_000_000)}\r\n";
        Assert.True((await ScanAsync(text)).Whole);
        Assert.True((await ScanAsync(text[..^3])).Torn);
    }

    private static async Task<LogScan> ScanAsync(string text, DateTimeOffset? until = null)
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, text, Encoding.Latin1, TestContext.Current.CancellationToken);
            return await LogScanner.ScanAsync(path, until, TestContext.Current.CancellationToken);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
