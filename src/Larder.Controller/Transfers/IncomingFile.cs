namespace Larder.Controller.Transfers;

/// <summary>A file whose data a cache is to get.</summary>
/// <param name="Path">Its path in the storage.</param>
/// <param name="Bytes">Its size as stored.</param>
/// <param name="Sha256">What its content must hash to, or <c>null</c> where that is not known.</param>
internal sealed record IncomingFile(string Path, long Bytes, string? Sha256);
