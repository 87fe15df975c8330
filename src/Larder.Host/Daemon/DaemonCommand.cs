using System.Text.Json;
using Larder.Management.Contracts;
using Larder.Model.Installation;
using Larder.Security.Files;
using Larder.Security.Keys;
using Larder.Store;

namespace Larder.Host.Daemon;

/// <summary>
/// <c>larder serve</c>: runs the daemon until it is told to stop. On standard output it says one JSON line, ready or failed, and nothing
/// after it, so that whoever started it in the background knows.
/// </summary>
internal static class DaemonCommand
{
    /// <summary>Runs the daemon.</summary>
    /// <param name="home">The installation.</param>
    /// <param name="options">What the command line says.</param>
    /// <param name="cancellationToken">Stops the daemon; engines run on.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(LarderHome home, ServeOptions options, CancellationToken cancellationToken)
    {
        FileModes.CreateOwnerOnly();
        try
        {
            HomePreparation.Prepare(home);
            var settings = DaemonSettings.Load(home, options, Environment.GetEnvironmentVariable);
            await using var daemon = await LarderDaemon.StartAsync(home, settings, options, cancellationToken);
            Say(new { ready = true, pid = Environment.ProcessId });
            await daemon.RunUntilStoppedAsync(cancellationToken);
            return 0;
        }
        catch (DaemonStartException exception)
        {
            return Fail(exception.ExitCode, exception.Code, exception.Message, exception.Details);
        }
        catch (ControlStoreException exception)
        {
            return Fail(exception.IsTransient ? 1 : 2, "store_unusable", exception.Message, []);
        }
        catch (Exception exception) when (exception is SecretFileException or SecretProtectionException)
        {
            return Fail(2, "secrets_unusable", exception.Message, []);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
    }

    private static int Fail(int exitCode, string code, string message, IReadOnlyList<string> details)
    {
        Say(new { ready = false, exitCode, error = new ErrorView(code, message, [.. details]) });
        Console.Error.WriteLine(message);
        foreach (var detail in details)
        {
            Console.Error.WriteLine("  " + detail);
        }

        return exitCode;
    }

    private static void Say(object line)
    {
        Console.Out.WriteLine(JsonSerializer.Serialize(line, ApiJson.Wire));
        Console.Out.Flush();
    }
}
