namespace Larder.Host.Tests;

/// <summary>Compares texts as a reader sees them: a difference is shown whole.</summary>
internal static class Golden
{
    public static void Equal(string expected, string actual)
    {
        var same = expected.ReplaceLineEndings("\n").TrimEnd('\n') == actual.TrimEnd('\n');
        Assert.True(same, $"Expected:\n{expected}\n\nActual:\n{actual}");
    }
}
