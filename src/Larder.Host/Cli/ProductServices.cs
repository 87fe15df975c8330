namespace Larder.Host.Cli;

/// <summary>The program's own services.</summary>
internal static class ProductServices
{
    /// <summary>Makes them.</summary>
    public static CliServices Create() => throw new System.NotSupportedException();
}
