using Larder.Engines.Garnet;
using Larder.Engines.Redis;
using Larder.Model.Specs;

namespace Larder.Engines;

/// <summary>The drivers of all families. Thread-safe.</summary>
/// <param name="time">The clock of the deadlines.</param>
public sealed class EngineDrivers(TimeProvider time)
{
    private readonly Dictionary<EngineFamily, IEngineDriver> _drivers = new()
    {
        [EngineFamily.Redis] = new RedisProtocolDriver(EngineFamily.Redis, time),
        [EngineFamily.Valkey] = new RedisProtocolDriver(EngineFamily.Valkey, time),
        [EngineFamily.Garnet] = new GarnetDriver(time),
    };

    /// <summary>Finds a family's driver.</summary>
    /// <param name="family">The family.</param>
    /// <returns>Its driver.</returns>
    public IEngineDriver For(EngineFamily family) => _drivers[family];
}
