using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using Larder.Model.Specs;

namespace Larder.Model.Routing;

/// <summary>How the gateway serves one cache.</summary>
public sealed record CacheRoute
{
    /// <summary>The cache's name.</summary>
    public required string Cache { get; init; }

    /// <summary>Lower-case host names that select this cache by SNI.</summary>
    public required ImmutableArray<string> HostNames { get; init; }

    /// <summary>Where the gateway listens for it.</summary>
    public required ImmutableArray<ListenEndpoint> Listen { get; init; }

    /// <summary>
    /// The server certificate with its private key. Owned by the publisher, which keeps a replaced one alive; the gateway never disposes it.
    /// A changed instance is used for new handshakes, while connections that are open live on.
    /// </summary>
    public required X509Certificate2 Certificate { get; init; }

    /// <summary>Certificates between <see cref="Certificate"/> and its root, sent in the handshake; may be empty.</summary>
    public ImmutableArray<X509Certificate2> CertificateChain { get; init; } = [];

    /// <summary>SHA-256 digests (32 bytes each) of the access keys that are valid now: primary first, then secondary.</summary>
    public required ImmutableArray<AccessKeyDigest> AccessKeys { get; init; }

    /// <summary>Users beyond <c>default</c>, which the <see cref="AccessKeys"/> are for.</summary>
    public ImmutableArray<AccessUser> Users { get; init; } = [];

    /// <summary>The ranges that clients may come from; empty for everywhere.</summary>
    public ImmutableArray<AddressRange> Firewall { get; init; } = [];

    /// <summary>The most client connections at once.</summary>
    public required int MaxClients { get; init; }

    /// <summary>Whether a write is answered only when a replica has it.</summary>
    public DurabilityMode Durability { get; init; } = DurabilityMode.Async;

    /// <summary>What clients see of an unplanned change of the primary.</summary>
    public FailoverSpec Failover { get; init; } = new();

    /// <summary>
    /// Of an unclustered cache: the primary's route, or <c>null</c> while it has no primary. A clustered cache has <see cref="Shards"/> instead, and <c>null</c> here.
    /// </summary>
    public required PrimaryRoute? Primary { get; init; }

    /// <summary>Of a clustered cache: its shards by id. Empty for an unclustered one, and for a clustered one that is not served at the moment.</summary>
    public ImmutableArray<ShardRoute> Shards { get; init; } = [];

    /// <summary>Whether the cache is clustered.</summary>
    public bool IsClustered { get; init; }
}
