using System.Net;
using System.Text.RegularExpressions;
using Larder.Model.Specs;

namespace Larder.Spec.Schema;

/// <summary>The values of <c>format</c>: rules that a pattern cannot say well.</summary>
internal static partial class SchemaFormats
{
    /// <summary>Whether there is such a format.</summary>
    /// <param name="format">Its name.</param>
    /// <returns>Whether there is.</returns>
    public static bool IsKnown(string format) => format is "ip" or "hostname" or "ip-range" or "permissions";

    /// <summary>Whether a text has a format.</summary>
    /// <param name="format">The format's name.</param>
    /// <param name="text">The text.</param>
    /// <returns>Whether it has.</returns>
    public static bool Matches(string format, string text) => format switch
    {
        "ip" => AddressScope.Parse(text) is not null,
        "ip-range" => AddressRange.Parse(text) is not null,
        "permissions" => AccessPolicies.IsWellFormed(text),
        "hostname" => text.Length <= 253 && HostName().IsMatch(text) && !IPAddress.TryParse(text, out _),
        _ => throw new ArgumentException($"'{format}' is no format.", nameof(format)),
    };

    /// <summary>RFC 1123, section 2.1.</summary>
    [GeneratedRegex(@"\A[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex HostName();
}
