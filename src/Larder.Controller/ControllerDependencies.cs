using Larder.Engines;
using Larder.Model.Engines;
using Larder.Model.Events;
using Larder.Model.Installation;
using Larder.Model.Routing;
using Larder.Security.Certificates;
using Larder.Security.Keys;
using Larder.Store;
using Microsoft.Extensions.Logging;

namespace Larder.Controller;

/// <summary>What the controller stands on. The host owns all of it and disposes it after the controller.</summary>
public sealed record ControllerDependencies
{
    /// <summary>The control store.</summary>
    public required IControlStore Store { get; init; }

    /// <summary>This host.</summary>
    public required HostIdentity Host { get; init; }

    /// <summary>The installation's folders.</summary>
    public required LarderHome Home { get; init; }

    /// <summary>Opens protected secrets.</summary>
    public required SecretProtector Protector { get; init; }

    /// <summary>Keeps and renews server certificates.</summary>
    public required ServerCertificateStore Certificates { get; init; }

    /// <summary>The names that this host has.</summary>
    public required ServerNames HostNames { get; init; }

    /// <summary>The engines that this host can run.</summary>
    public required IEngineCatalogue Catalogue { get; init; }

    /// <summary>The engine drivers.</summary>
    public required EngineDrivers Drivers { get; init; }

    /// <summary>What the gateway says of its listeners.</summary>
    public required IGatewayStatus Gateway { get; init; }

    /// <summary>Holds commands during a handover.</summary>
    public required IGatewayHold GatewayHold { get; init; }

    /// <summary>Where route tables are published.</summary>
    public required RoutePublisher Routes { get; init; }

    /// <summary>Where what happens to caches is noted for operators.</summary>
    public required IEventJournal Events { get; init; }

    /// <summary>The times.</summary>
    public required AgentOptions Options { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Clock { get; init; }

    /// <summary>Spreads back-offs and port choices.</summary>
    public required Random Random { get; init; }

    /// <summary>The log.</summary>
    public required ILoggerFactory Loggers { get; init; }
}
