using Larder.Management.Contracts;

namespace Larder.Host.Doctor;

/// <summary>Whether there is an engine to run, and whether every one that was found works.</summary>
/// <param name="find">Looks for engines.</param>
internal sealed class EnginesCheck(Func<CancellationToken, Task<EnginesView>> find) : IDoctorCheck
{
    private const string Name = "engines";

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Finding>> LookAsync(CancellationToken cancellationToken)
    {
        var engines = await find(cancellationToken);
        var findings = new List<Finding>
        {
            engines.Engines.IsEmpty
                ? Finding.Error(Name, "No engine was found.", "Install redis-server or valkey-server, or put one into the home's engines folder.")
                : Finding.Ok(Name, "Found " + string.Join(", ", engines.Engines.Select(engine => $"{engine.Engine} {engine.Version}")) + "."),
        };
        findings.AddRange(engines.Problems.Select(problem => Finding.Warning(
            Name, $"{problem.Path} cannot be used: {problem.Problem}", $"Mend or remove {problem.Path}.")));
        return findings;
    }
}
