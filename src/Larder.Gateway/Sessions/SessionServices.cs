using Larder.Gateway.Authentication;
using Larder.Gateway.Gathering;
using Larder.Gateway.Transport;
using Microsoft.Extensions.Logging;

namespace Larder.Gateway.Sessions;

/// <summary>What all sessions share.</summary>
/// <param name="Options">The gateway's settings.</param>
/// <param name="Counters">The gateway's counters.</param>
/// <param name="Clock">The clock.</param>
/// <param name="Logger">The log.</param>
/// <param name="Loops">The threads that connections belong to.</param>
internal sealed record SessionServices(GatewayOptions Options, GatewayCounters Counters, TimeProvider Clock, ILogger Logger, EventLoops Loops)
{
    /// <summary>Slows down who fails to authenticate again and again.</summary>
    public AuthenticationThrottle Throttle { get; } = new(Options.AuthenticationFailures, Options.AuthenticationForgiveness, Clock);

    /// <summary>What commands for several shards take their memory from.</summary>
    public GatherAllowance GatherAllowance { get; } = new(Options.GatherLimitBytes);
}
