using System.ComponentModel;
using System.Diagnostics;
using Larder.Engines.Redis;
using Larder.Model.Engines;
using Larder.Model.Specs;

namespace Larder.Engines.Catalogue;

/// <summary>Asks a binary for its version by executing it.</summary>
/// <param name="timeout">How long it may take.</param>
/// <param name="time">The clock of the deadline.</param>
internal sealed class VersionProbe(TimeSpan timeout, TimeProvider time)
{
    private const int MostShown = 400;

    /// <summary>Asks it.</summary>
    /// <param name="candidate">The binary.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The engine, or what is wrong.</returns>
    public async Task<ProbeOutcome> AskAsync(Candidate candidate, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(candidate.Executable)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var argument in candidate.LeadingArguments.Append("--version"))
        {
            start.ArgumentList.Add(argument);
        }

        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        Process? process = null;
        try
        {
            process = Process.Start(start);
            if (process is null)
            {
                return Problem(candidate, "it could not be started");
            }

            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(either.Token);
            var errors = process.StandardError.ReadToEndAsync(either.Token);
            await process.WaitForExitAsync(either.Token);
            var said = (await output + await errors).Trim();
            return process.ExitCode == 0
                ? Judge(candidate, said)
                : Problem(candidate, $"'--version' ended with exit code {process.ExitCode}: {Shown(said)}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Problem(candidate, $"it did not answer '--version' within {timeout.TotalSeconds:0.#} s");
        }
        catch (Win32Exception problem)
        {
            // The exception's own text repeats the path, which the problem has already.
            return Problem(candidate, $"it cannot be executed: {new Win32Exception(problem.NativeErrorCode).Message}");
        }
        finally
        {
            Dispose(process);
        }
    }

    private static ProbeOutcome Judge(Candidate candidate, string said)
    {
        if (VersionText.Parse(said) is not var (family, version))
        {
            return Problem(candidate, $"its answer to '--version' is not that of an engine: {Shown(said)}");
        }

        if (family == EngineFamily.Redis && version < RedisDialect.Oldest)
        {
            return Problem(candidate, $"Redis {version} is too old: {RedisDialect.Oldest} is the first version with users");
        }

        return new ProbeOutcome(
            new EngineInstallation
            {
                Family = family,
                Version = version,
                ServerPath = candidate.ServerPath,
                Executable = candidate.Executable,
                LeadingArguments = candidate.LeadingArguments,
                Origin = candidate.Origin,
            },
            null);
    }

    private static ProbeOutcome Problem(Candidate candidate, string message) =>
        new(null, new CatalogueProblem(candidate.ServerPath, message + "."));

    private static string Shown(string said) => said.Length switch
    {
        0 => "it said nothing",
        > MostShown => said[..MostShown] + "…",
        _ => said,
    };

    private static void Dispose(Process? process)
    {
        if (process is null)
        {
            return;
        }

        try
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
        catch (InvalidOperationException)
        {
            // It ended between the question and the signal, which is what was wanted.
        }

        process.Dispose();
    }
}
