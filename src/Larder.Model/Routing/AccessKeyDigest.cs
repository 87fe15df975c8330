using System.Collections.Immutable;

namespace Larder.Model.Routing;

/// <summary>What the gateway knows of an access key.</summary>
/// <param name="Id">Stable for one value of one key (such as <c>primary-3</c>): tells which sessions a regenerated key belonged to.</param>
/// <param name="Sha256">32 bytes: SHA-256 of the key's UTF-8 text. A key has 256 bits of randomness, so a plain digest is enough.</param>
public sealed record AccessKeyDigest(string Id, ImmutableArray<byte> Sha256);
