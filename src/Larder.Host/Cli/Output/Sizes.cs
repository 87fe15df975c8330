using System.Globalization;

namespace Larder.Host.Cli.Output;

/// <summary>Writes sizes for people.</summary>
internal static class Sizes
{
    /// <summary>A size in GiB or MiB, whichever reads better.</summary>
    /// <param name="bytes">The size.</param>
    /// <returns>Such as <c>64 MiB</c> or <c>6 GiB</c>.</returns>
    public static string Of(long bytes) => bytes >= 1L << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.#} GiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):0} MiB");
}
