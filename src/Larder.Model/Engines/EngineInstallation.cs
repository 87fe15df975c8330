using Larder.Model.Specs;

namespace Larder.Model.Engines;

/// <summary>An engine that this host can run: one row of the catalogue.</summary>
public sealed record EngineInstallation
{
    /// <summary>Its family.</summary>
    public required EngineFamily Family { get; init; }

    /// <summary>Its version, read from the binary itself.</summary>
    public required Version Version { get; init; }

    /// <summary>The server binary, or the Garnet host's assembly.</summary>
    public required string ServerPath { get; init; }

    /// <summary>What to execute: the binary itself, or a loader in front of it (its arguments then name the binary).</summary>
    public required string Executable { get; init; }

    /// <summary>Arguments that come before the engine's own; empty where the binary is executed directly.</summary>
    public IReadOnlyList<string> LeadingArguments { get; init; } = [];

    /// <summary>Where it was found: <c>PATH</c>, <c>embedded</c>, or the engines folder.</summary>
    public required string Origin { get; init; }
}
