using CsCheck;
using Larder.Controller.Processes;

namespace Larder.Controller.Tests.Processes;

/// <summary>The process table's line, whatever name a program gives itself.</summary>
public sealed class ProcessStatTests
{
    [Fact]
    public void Parse_AnyName_FindsTheFieldsBehindIt() => Gen.Char[" ()a1\n"].Array[0, 15].Sample(characters =>
    {
        var name = new string(characters);
        var stat = ProcessStat.Parse($"812 ({name}) S 7 8 9 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456789012 10 11 18446744073709551615 0\n");

        Assert.Equal(new ProcessStat(name, 'S', 7, 9, 123456789012), stat);
    });

    [Fact]
    public void TryRead_OfThisProcess_IsAlive()
    {
        var stat = ProcessStat.TryRead(Environment.ProcessId);

        Assert.NotNull(stat);
        Assert.False(stat.HasEnded);
    }

    [Fact]
    public void TryRead_OfNoProcess_IsNull() => Assert.Null(ProcessStat.TryRead(int.MaxValue));
}
