using Larder.Controller.Processes;
using Larder.Engines;
using Larder.Model.Engines;
using Larder.Model.Events;
using Larder.Model.Routing;
using Microsoft.Extensions.Logging;

namespace Larder.Controller.Nodes;

/// <summary>What supervisors need of the host that they run on.</summary>
/// <param name="Engines">The engine drivers.</param>
/// <param name="ExitWatcher">Tells when processes end.</param>
/// <param name="Options">Times and limits.</param>
/// <param name="Clock">The clock.</param>
/// <param name="Random">Spreads back-offs.</param>
/// <param name="Gateway">Holds commands during a handover.</param>
/// <param name="Events">Where what happens to nodes is noted for operators.</param>
/// <param name="Logger">Where node events are logged.</param>
internal sealed record NodeServices(
    EngineDrivers Engines, ProcessExitWatcher ExitWatcher, AgentOptions Options, TimeProvider Clock, Random Random,
    IGatewayHold Gateway, IEventJournal Events, ILogger Logger)
{
    /// <summary>Where the links to an engine's check tools are.</summary>
    public required Func<EngineInstallation, string> ToolsFolder { get; init; }

    /// <summary>How much of this machine work may take that has time.</summary>
    public SpareProcessors Spare { get; } = new(Clock);
}
