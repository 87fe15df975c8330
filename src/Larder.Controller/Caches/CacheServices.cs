using Larder.Controller.Nodes;
using Larder.Controller.Operations;
using Larder.Model.Engines;
using Larder.Model.Events;
using Larder.Model.Installation;
using Larder.Model.Routing;
using Larder.Security.Keys;
using Larder.Store;
using Microsoft.Extensions.Logging;

namespace Larder.Controller.Caches;

/// <summary>What reconcilers share.</summary>
internal sealed record CacheServices
{
    /// <summary>The control store.</summary>
    public required IControlStore Store { get; init; }

    /// <summary>This host.</summary>
    public required HostIdentity Host { get; init; }

    /// <summary>The installation's folders.</summary>
    public required LarderHome Home { get; init; }

    /// <summary>Opens protected secrets.</summary>
    public required SecretProtector Protector { get; init; }

    /// <summary>The caches' certificates.</summary>
    public required CacheCertificates Certificates { get; init; }

    /// <summary>The engines that this host can run.</summary>
    public required IEngineCatalogue Catalogue { get; init; }

    /// <summary>What node supervisors need.</summary>
    public required NodeServices Nodes { get; init; }

    /// <summary>What the gateway says of its listeners.</summary>
    public required IGatewayStatus Gateway { get; init; }

    /// <summary>Writes the progress of operations.</summary>
    public required OperationTracker Operations { get; init; }

    /// <summary>Held while ports are chosen, so that two caches do not choose the same ones.</summary>
    public SemaphoreSlim PlacementGate { get; } = new(1, 1);

    /// <summary>The times.</summary>
    public AgentOptions Options => Nodes.Options;

    /// <summary>The clock.</summary>
    public TimeProvider Clock => Nodes.Clock;

    /// <summary>Where what happens to caches is noted for operators.</summary>
    public IEventJournal Events => Nodes.Events;

    /// <summary>The log.</summary>
    public ILogger Logger => Nodes.Logger;
}
