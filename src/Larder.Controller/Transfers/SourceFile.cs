using System.Collections;

namespace Larder.Controller.Transfers;

/// <summary>A file on this host that data comes from.</summary>
/// <param name="Path">The file.</param>
/// <param name="Name">What to call it in messages.</param>
/// <param name="Slots">The hash slots that count in it, or <c>null</c>: all.</param>
internal sealed record SourceFile(string Path, string Name, BitArray? Slots = null);
