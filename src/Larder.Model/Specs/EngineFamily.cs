namespace Larder.Model.Specs;

/// <summary>The software that a node runs. Spelled in lower case in specs and in JSON.</summary>
public enum EngineFamily
{
    /// <summary>A real <c>redis-server</c>.</summary>
    Redis,

    /// <summary>A real <c>valkey-server</c>.</summary>
    Valkey,

    /// <summary>The embedded Garnet host that ships with Larder.</summary>
    Garnet,
}
