namespace Larder.Backup.Storages;

/// <summary>
/// Paths of objects: segments joined by <c>/</c>. A path that would leave the storage's own place, or that a storage would read differently than it
/// is written, is refused, not cleaned.
/// </summary>
public static class ObjectPath
{
    /// <summary>The longest path, in characters.</summary>
    public const int MaxLength = 400;

    /// <summary>Looks at a path, or at a prefix that a name is going to be appended to.</summary>
    /// <param name="path">The path.</param>
    /// <returns>What is wrong with it, as the end of a sentence; <c>null</c> where nothing is.</returns>
    public static string? Problem(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length is 0 or > MaxLength)
        {
            return path.Length == 0 ? "is empty" : $"has {path.Length} characters; at most {MaxLength} are allowed";
        }

        if (path.Any(character => char.IsControl(character) || character is '\\' or '?' or '#' or '%' or ':'))
        {
            return "has a control character, or one of \\ ? # % :";
        }

        if (path[0] == '/')
        {
            return "begins with '/'; paths are relative to the storage";
        }

        var segments = path.Split('/');
        return segments.Any(segment => segment is "." or "..") ? "has a segment '.' or '..', which would leave the storage's own folder"
            : segments.SkipLast(1).Any(segment => segment.Length == 0) ? "has an empty segment ('//')"
            : segments.Any(segment => segment.EndsWith('.') || segment.EndsWith(' ')) ? "has a segment that ends with a dot or a space"
            : null;
    }

    internal static string Require(string path) => Problem(path) is { } problem || path.EndsWith('/')
        ? throw new ArgumentException($"The path '{path}' {Problem(path) ?? "ends with '/'"}.", nameof(path))
        : path;
}
