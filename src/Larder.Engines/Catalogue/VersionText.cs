using System.Text.RegularExpressions;
using Larder.Model.Specs;

namespace Larder.Engines.Catalogue;

/// <summary>Reads what engines answer to <c>--version</c>. The text tells the family, whatever the binary is called.</summary>
internal static partial class VersionText
{
    /// <summary>Reads it.</summary>
    /// <param name="said">The output.</param>
    /// <returns>Family and version, or <c>null</c> if it is no engine's answer.</returns>
    public static (EngineFamily Family, Version Version)? Parse(string said)
    {
        foreach (var (pattern, family) in new[]
        {
            (ValkeyAnswer(), EngineFamily.Valkey), (RedisAnswer(), EngineFamily.Redis), (GarnetAnswer(), EngineFamily.Garnet),
        })
        {
            if (pattern.Match(said) is { Success: true } match && Version.TryParse(match.Groups["version"].Value, out var version))
            {
                return (family, version);
            }
        }

        return null;
    }

    [GeneratedRegex(@"^Valkey server v=(?<version>\d+\.\d+\.\d+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex ValkeyAnswer();

    [GeneratedRegex(@"^Redis server v=(?<version>\d+\.\d+\.\d+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex RedisAnswer();

    [GeneratedRegex(@"^larder-garnet .*garnet=(?<version>\d+\.\d+\.\d+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex GarnetAnswer();
}
