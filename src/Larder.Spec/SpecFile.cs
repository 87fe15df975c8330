using System.Globalization;
using System.Text;
using Larder.Spec.Documents;

namespace Larder.Spec;

/// <summary>Reads a spec file as text, and says clearly why it cannot.</summary>
internal static class SpecFile
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file. A pipe is taken too.</param>
    /// <param name="errors">Takes what is wrong.</param>
    /// <returns>The text without a byte order mark, or <c>null</c>.</returns>
    public static string? Read(string path, SpecErrors errors)
    {
        if (path.Length == 0)
        {
            errors.AddWhole(SpecErrorKind.Unreadable, "no file is named");
            return null;
        }

        if (Directory.Exists(path))
        {
            errors.AddWhole(SpecErrorKind.Unreadable, "is a folder, not a file", "Name the file in it.");
            return null;
        }

        try
        {
            return Decode(ReadBytes(path, errors), errors);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            errors.AddWhole(SpecErrorKind.Unreadable, "there is no such file", $"Looked for {Path.GetFullPath(path)}.");
        }
        catch (UnauthorizedAccessException)
        {
            errors.AddWhole(SpecErrorKind.Unreadable, "cannot be read: permission denied", "Give this user the right to read it.");
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or NotSupportedException)
        {
            errors.AddWhole(SpecErrorKind.Unreadable, $"cannot be read: {Printable.OfMessage(exception.Message)}");
        }

        return null;
    }

    /// <summary>The message for a file over the limit.</summary>
    /// <param name="bytes">Its size.</param>
    /// <returns>A phrase with both numbers.</returns>
    public static string TooLarge(long bytes) => string.Create(
        CultureInfo.InvariantCulture, $"has {bytes} bytes; a spec has at most {DocumentLimits.Bytes} ({DocumentLimits.Bytes / 1024} KiB)");

    private static byte[]? ReadBytes(string path, SpecErrors errors)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (stream.CanSeek && stream.Length > DocumentLimits.Bytes)
        {
            errors.AddWhole(SpecErrorKind.Unreadable, TooLarge(stream.Length));
            return null;
        }

        // Pipes and devices have no length: never take more than the limit and one.
        var buffer = new byte[DocumentLimits.Bytes + 1];
        var count = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        if (count == buffer.Length)
        {
            errors.AddWhole(SpecErrorKind.Unreadable, $"has more than {DocumentLimits.Bytes} bytes ({DocumentLimits.Bytes / 1024} KiB), the most that a spec has");
            return null;
        }

        return buffer[..count];
    }

    private static string? Decode(byte[]? bytes, SpecErrors errors)
    {
        if (bytes is null)
        {
            return null;
        }

        if (bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..])
        {
            errors.AddWhole(SpecErrorKind.Unreadable, "is UTF-16 text", "Save it as UTF-8.");
            return null;
        }

        if (Array.IndexOf(bytes, (byte)0) is var zero and >= 0)
        {
            errors.AddWhole(SpecErrorKind.Unreadable, $"is not a text file: byte {zero} is zero");
            return null;
        }

        try
        {
            return StrictUtf8.GetString(bytes.AsSpan(bytes is [0xEF, 0xBB, 0xBF, ..] ? 3 : 0));
        }
        catch (DecoderFallbackException exception)
        {
            errors.AddWhole(SpecErrorKind.Unreadable, $"is not UTF-8 text: byte {exception.Index} is not part of a character", "Save it as UTF-8.");
            return null;
        }
    }
}
