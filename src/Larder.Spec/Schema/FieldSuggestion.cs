namespace Larder.Spec.Schema;

/// <summary>Guesses which field or word was meant.</summary>
internal static class FieldSuggestion
{
    private const int LongestGuessed = 64;

    /// <summary>The field that an unknown one may stand for.</summary>
    /// <param name="name">The unknown name.</param>
    /// <param name="siblings">The fields that are allowed at that place.</param>
    /// <param name="root">The whole form: a known field in the wrong place is found by its name.</param>
    /// <returns>A name, or the path of a field elsewhere, or <c>null</c>.</returns>
    public static string? ForField(string name, IEnumerable<string> siblings, SchemaNode root)
    {
        var here = siblings.ToList();
        return here.FirstOrDefault(known => Normal(known) == Normal(name))
            ?? Paths(root, "").FirstOrDefault(path => Normal(path[(path.LastIndexOf('.') + 1)..]) == Normal(name))
            ?? Nearest(name, here);
    }

    /// <summary>The candidate that a word is a misspelling of.</summary>
    /// <param name="word">The word.</param>
    /// <param name="candidates">What is allowed.</param>
    /// <returns>The nearest, or <c>null</c> where none is near.</returns>
    public static string? Nearest(string word, IEnumerable<string> candidates)
    {
        if (word.Length > LongestGuessed)
        {
            return null;
        }

        return candidates
            .Select(candidate => (Candidate: candidate, Distance: Distance(Normal(word), Normal(candidate))))
            .Where(pair => pair.Distance <= Math.Max(1, Math.Min(word.Length, pair.Candidate.Length) / 3))
            .OrderBy(pair => pair.Distance)
            .Select(pair => pair.Candidate)
            .FirstOrDefault();
    }

    private static string Normal(string name) => new([.. name.Where(char.IsLetterOrDigit).Select(char.ToLowerInvariant)]);

    private static IEnumerable<string> Paths(SchemaNode schema, string prefix) => schema.Properties.SelectMany(property =>
        Paths(property.Value, $"{prefix}{property.Key}.").Prepend(prefix + property.Key));

    /// <summary>Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).</summary>
    private static int Distance(string one, string other)
    {
        var rows = new int[one.Length + 1, other.Length + 1];
        for (var i = 0; i <= one.Length; i++)
        {
            for (var j = 0; j <= other.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    rows[i, j] = i + j;
                    continue;
                }

                var cost = one[i - 1] == other[j - 1] ? 0 : 1;
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1, rows[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[one.Length, other.Length];
    }
}
