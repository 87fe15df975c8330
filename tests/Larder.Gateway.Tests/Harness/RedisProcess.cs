using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Larder.Gateway.Tests.Harness;

/// <summary>A real redis-server on a unix socket in a folder of its own, with a user for the gateway.</summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private readonly Process _process;

    private RedisProcess(string folder, Process process) => (Folder, _process) = (folder, process);

    public string Folder { get; }

    public string SocketPath => Path.Combine(Folder, "redis.sock");

    /// <param name="settings">More lines for the configuration file.</param>
    public static async Task<RedisProcess> StartAsync(string settings = "user default on nopass ~* &* +@all\n")
    {
        var folder = Directory.CreateTempSubdirectory("larder-gw-").FullName;
        var start = new ProcessStartInfo("redis-server") { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add("-");
        var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(
            $"port 0\nunixsocket {Path.Combine(folder, "redis.sock")}\nsave \"\"\n{settings}"
            + "user gateway on >inside ~* &* +@all -acl -config -debug\n");
        process.StandardInput.Close();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Contains("Ready to accept connections", StringComparison.Ordinal) || line.Contains("ready to accept connections", StringComparison.Ordinal))
            {
                // Nobody reads on: its log is short, and a full pipe would be a failure worth seeing.
                return new RedisProcess(folder, process);
            }
        }

        throw new InvalidOperationException("redis-server ended before it was ready.");
    }

    /// <summary>A connection past the gateway, for looking at what the engine has.</summary>
    public async Task<Wire> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath));
        return new Wire(new NetworkStream(socket, ownsSocket: true));
    }

    public async Task<string> AskAsync(params string[] command)
    {
        await using var wire = await ConnectAsync();
        return await wire.AskAsync(command);
    }

    /// <summary>How much it has of a command that has not arrived whole; without the command's own beginning, which it has taken out already.</summary>
    public async Task<int> PartOfCommandAsync() => (await AskAsync("CLIENT", "LIST")).Split(' ')
        .Where(field => field.StartsWith("qbuf=", StringComparison.Ordinal)).Max(field => int.Parse(field.AsSpan(5), CultureInfo.InvariantCulture));

    /// <summary>From now on it takes what is sent and answers nothing.</summary>
    public void Freeze() => Signal("-STOP");

    /// <summary>Goes on after <see cref="Freeze"/>.</summary>
    public void Thaw() => Signal("-CONT");

    /// <summary>Bytes that have arrived at it and that it has not read, which one that is frozen cannot tell itself.</summary>
    public async Task<int> UnreadAsync()
    {
        var start = new ProcessStartInfo("ss") { RedirectStandardOutput = true };
        start.ArgumentList.Add("-xH");
        using var ss = Process.Start(start)!;
        var sockets = await ss.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await ss.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, ss.ExitCode);

        // Kind, state, bytes not read, bytes not sent, path, …
        return sockets.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields is [_, "ESTAB", _, _, _, ..] && fields[4] == SocketPath)
            .Sum(fields => int.Parse(fields[2], CultureInfo.InvariantCulture));
    }

    private void Signal(string signal)
    {
        using var kill = Process.Start("kill", [signal, $"{_process.Id}"]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    public void Stop(bool hard = true)
    {
        if (hard && !_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }
    }

    public ValueTask DisposeAsync()
    {
        Stop();
        _process.Dispose();
        Directory.Delete(Folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}
