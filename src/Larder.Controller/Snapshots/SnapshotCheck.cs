using System.Diagnostics;
using Larder.Backup.Snapshots;
using Larder.Controller.Nodes;
using Larder.Controller.Processes;
using Larder.Engines.Redis;
using Larder.Model.Engines;

namespace Larder.Controller.Snapshots;

/// <summary>Checks a snapshot on this host: form and checksum, and then the engine's own check tool.</summary>
/// <param name="services">What it needs of the host.</param>
internal sealed class SnapshotCheck(NodeServices services)
{
    private const int MostShown = 300;

    /// <summary>Checks a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="installation">The engine whose tool is asked.</param>
    /// <param name="workFolder">A folder for the tool's name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What the file is.</returns>
    /// <exception cref="SnapshotException">It does not pass.</exception>
    public async Task<RdbFacts> RunAsync(string path, EngineInstallation installation, string workFolder, CancellationToken cancellationToken)
    {
        var facts = await RdbInspector.InspectFileAsync(path, cancellationToken);
        var (executable, arguments) = CheckTools.Snapshot(installation, workFolder, path);
        var start = new ProcessStartInfo(executable) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var limit = new CancellationTokenSource(services.Options.SnapshotLimit, services.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var process = Process.Start(start) ?? throw new SnapshotException($"The check tool of {installation.ServerPath} could not be started.");
        try
        {
            BackgroundPriority.Lower(process.Id);
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(either.Token);
            var errors = process.StandardError.ReadToEndAsync(either.Token);
            await process.WaitForExitAsync(either.Token);
            var said = (await output + await errors).Trim();
            return process.ExitCode == 0
                ? facts
                : throw new SnapshotException(
                    $"'{path}' does not pass the check of {installation.Family} {installation.Version}: {(said.Length > MostShown ? said[^MostShown..] : said)}");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
