using System.Collections.Immutable;
using System.Globalization;

namespace Larder.Engines.Client;

/// <summary>The answer to INFO: lines of <c>field:value</c> in sections. Fields that an engine does not have are absent.</summary>
internal sealed class InfoText
{
    private readonly Dictionary<string, string> _fields = new(StringComparer.Ordinal);

    /// <summary>Parses it.</summary>
    /// <param name="text">The text.</param>
    public InfoText(string text)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var colon = line.IndexOf(':');
            if (colon > 0 && line[0] != '#')
            {
                _fields[line[..colon].ToString()] = line[(colon + 1)..].Trim().ToString();
            }
        }
    }

    /// <summary>A field as text.</summary>
    /// <param name="field">Its name.</param>
    /// <returns>Its value, or the empty text.</returns>
    public string Text(string field) => _fields.GetValueOrDefault(field, string.Empty);

    /// <summary>A field as a number.</summary>
    /// <param name="field">Its name.</param>
    /// <returns>Its value; 0 where it is absent or not a number.</returns>
    public long Number(string field) =>
        long.TryParse(Text(field), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : 0;

    /// <summary>A field as seconds.</summary>
    /// <param name="field">Its name.</param>
    /// <returns>Its value, or <c>null</c> where it is absent or not a number.</returns>
    public TimeSpan? Seconds(string field) =>
        double.TryParse(Text(field), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? TimeSpan.FromSeconds(value) : null;

    /// <summary>Whether a field is there and means yes: <c>1</c>, or <c>true</c> in any case.</summary>
    /// <param name="field">Its name.</param>
    /// <returns>Whether it does.</returns>
    public bool Flag(string field) => Text(field) is "1" || Text(field).Equals("true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Sums the keys of all databases.</summary>
    /// <returns>The sum.</returns>
    public long Keys() => DatabaseKeys().Values.Sum();

    /// <summary>The keys of each database that has any (<c>db0:keys=5,expires=0,…</c>).</summary>
    /// <returns>By database.</returns>
    public ImmutableSortedDictionary<int, long> DatabaseKeys()
    {
        var databases = ImmutableSortedDictionary<int, long>.Empty;
        foreach (var (field, value) in _fields)
        {
            if (!field.StartsWith("db", StringComparison.Ordinal) || !value.StartsWith("keys=", StringComparison.Ordinal)
                || !int.TryParse(field.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var database))
            {
                continue;
            }

            var comma = value.IndexOf(',', StringComparison.Ordinal);
            var count = comma < 0 ? value["keys=".Length..] : value["keys=".Length..comma];
            if (long.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var keys) && keys > 0)
            {
                databases = databases.Add(database, keys);
            }
        }

        return databases;
    }
}
