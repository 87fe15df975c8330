using System.Collections.Immutable;
using System.Diagnostics;
using Larder.Model.Installation;

namespace Larder.Host.Client;

/// <summary>
/// Starts <c>larder serve --background</c> and hears its handshake.
/// </summary>
/// <remarks>
/// A shell between us and the daemon points its descriptors where a process that outlives us needs them, and is replaced by it: no input,
/// errors to the log, standard output to our pipe until the handshake was said, and none of what the caller's shell may have open besides.
/// The daemon then leaves our session by itself, so that neither Ctrl-C nor the closing of the terminal reaches it.
/// </remarks>
/// <param name="home">The installation; its folders exist.</param>
/// <param name="program">The program and the arguments that come before the verb.</param>
/// <param name="timeout">How long the daemon may take until it is ready.</param>
/// <param name="clock">The clock.</param>
internal sealed class DaemonStarter(LarderHome home, ImmutableArray<string> program, TimeSpan timeout, TimeProvider clock) : IDaemonStarter
{
    /// <summary>How long a daemon may take until it is ready.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    private const int LogLines = 15;
    private const string Script =
        "umask 077; exec \"$@\" </dev/null 2>>\"$0\"";

    /// <summary>The program that runs now, as it is to be started again.</summary>
    /// <returns>The program and its first arguments.</returns>
    public static ImmutableArray<string> ThisProgram()
    {
        var path = Environment.ProcessPath ?? throw new DaemonStartFailedException("The path of this program is not known.", []);
        // Started as "dotnet larder.dll", the process is dotnet's.
        return Path.GetFileNameWithoutExtension(path) == "dotnet" ? [path, Path.GetFullPath(Environment.GetCommandLineArgs()[0])] : [path];
    }

    /// <inheritdoc/>
    public async Task<DaemonHandshake> StartAsync(CancellationToken cancellationToken)
    {
        var logStart = File.Exists(home.DaemonLog) ? new FileInfo(home.DaemonLog).Length : 0;
        var start = new ProcessStartInfo("/bin/sh")
        {
            WorkingDirectory = home.Root,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        foreach (var argument in (string[])["-c", Script, home.DaemonLog, .. program, "serve", "--home", home.Root, "--background"])
        {
            start.ArgumentList.Add(argument);
        }

        OpenDescriptors.KeepFromChildren();
        using var process = Process.Start(start) ?? throw new DaemonStartFailedException("/bin/sh could not be started.", []);
        using var deadline = new Deadline(timeout, clock, cancellationToken);
        string? line;
        try
        {
            line = await process.StandardOutput.ReadLineAsync(deadline.Token);
        }
        catch (OperationCanceledException) when (deadline.HasPassed)
        {
            process.Kill();
            throw new DaemonStartFailedException(
                $"The daemon was not ready within {timeout.TotalSeconds:0} s and was ended again. Its log is {home.DaemonLog}.", TailOfLog(logStart));
        }

        if (line is not null)
        {
            return DaemonHandshake.TryParse(line) ?? throw Unexpected(process, line, logStart);
        }

        // It closed its output, so it ends: wait for the exit code, but not forever.
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException) when (deadline.HasPassed)
        {
            process.Kill();
            throw new DaemonStartFailedException(
                $"The daemon closed its output before it said whether it is ready, and was ended. Its log is {home.DaemonLog}.", TailOfLog(logStart));
        }

        throw new DaemonStartFailedException(
            $"The daemon ended with exit code {process.ExitCode} before it was ready. Its log is {home.DaemonLog}.", TailOfLog(logStart));
    }

    private DaemonStartFailedException Unexpected(Process process, string line, long logStart)
    {
        process.Kill();
        return new DaemonStartFailedException(
            $"The daemon said '{line}' instead of whether it is ready, and was ended. Its log is {home.DaemonLog}.", TailOfLog(logStart));
    }

    /// <summary>The last lines that were written since it was started.</summary>
    private ImmutableArray<string> TailOfLog(long start)
    {
        try
        {
            using var log = new FileStream(home.DaemonLog, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            // A log that is shorter now was rotated: all of it is new.
            log.Seek(Math.Max(log.Length < start ? 0 : start, log.Length - (64 << 10)), SeekOrigin.Begin);
            using var reader = new StreamReader(log);
            var lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return [.. lines.TakeLast(LogLines)];
        }
        catch (IOException exception)
        {
            return [$"(the log cannot be read: {exception.Message})"];
        }
    }
}
