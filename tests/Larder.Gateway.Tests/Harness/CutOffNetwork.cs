using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Larder.Gateway.Tests.Harness;

/// <summary>A network of its own, joined to the host by one cable that can be cut: a client there is a client on another machine.</summary>
internal sealed partial class CutOffNetwork : IAsyncDisposable
{
    private const int CloneNewNetwork = 0x40000000;

    private static int _last;
    private readonly string _name = $"larder{Environment.ProcessId}n{Interlocked.Increment(ref _last)}";
    private readonly string _cable;

    private CutOffNetwork(int subnet)
    {
        _cable = $"ld{Environment.ProcessId % 100000}n{_last}";
        Host = new IPAddress([198, 18, (byte)(subnet >> 8), (byte)((subnet & 0xfc) | 1)]);
        Client = new IPAddress([198, 18, (byte)(subnet >> 8), (byte)((subnet & 0xfc) | 2)]);
    }

    /// <summary>The host's address on the cable.</summary>
    public IPAddress Host { get; }

    private IPAddress Client { get; }

    /// <summary>Why there cannot be one here; <c>null</c> where there can.</summary>
    public static string? Problem => Environment.UserName != "root" ? "network namespaces need root"
        : !File.Exists("/usr/sbin/ip") && !File.Exists("/sbin/ip") && !File.Exists("/usr/bin/ip") ? "network namespaces need the ip command (package iproute2)"
        : null;

    /// <param name="subnet">A number that no other test uses, such as a free port.</param>
    public static async Task<CutOffNetwork> MakeAsync(int subnet)
    {
        var network = new CutOffNetwork(subnet);
        await IpAsync($"netns add {network._name}");
        try
        {
            await IpAsync($"link add {network._cable}h type veth peer name {network._cable}c netns {network._name}");
            await IpAsync($"addr add {network.Host}/30 dev {network._cable}h");
            await IpAsync($"link set {network._cable}h up");
            await IpAsync($"-n {network._name} addr add {network.Client}/30 dev {network._cable}c");
            await IpAsync($"-n {network._name} link set {network._cable}c up");
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Connects from inside. The socket works from anywhere afterwards.</summary>
    public async Task<Socket> ConnectAsync(int port)
    {
        var made = new TaskCompletionSource<Socket>(TaskCreationOptions.RunContinuationsAsynchronously);

        // A thread belongs to a network, and a socket to that of the thread that makes it; this thread ends and takes its network with it.
        var thread = new Thread(() =>
        {
            try
            {
                using var handle = File.OpenHandle($"/run/netns/{_name}");
                if (SetNamespace((int)handle.DangerousGetHandle(), CloneNewNetwork) != 0)
                {
                    throw new Win32Exception(Marshal.GetLastPInvokeError());
                }

                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, LingerState = new LingerOption(true, 0) };
                socket.Connect(Host, port);
                made.SetResult(socket);
            }
            catch (Exception exception)
            {
                made.SetException(exception);
            }
        });
        thread.Start();
        return await made.Task;
    }

    /// <summary>From now on nothing arrives on either side, and nobody is told.</summary>
    public Task CutAsync() => IpAsync($"-n {_name} link set {_cable}c down");

    public async ValueTask DisposeAsync()
    {
        // The network itself lives on until its last connection is given up; the cable need not.
        if (Directory.Exists($"/sys/class/net/{_cable}h"))
        {
            await IpAsync($"link del {_cable}h");
        }

        await IpAsync($"netns del {_name}");
    }

    private static async Task IpAsync(string arguments)
    {
        using var ip = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
        var problem = await ip.StandardError.ReadToEndAsync();
        await ip.WaitForExitAsync();
        Assert.True(ip.ExitCode == 0, $"ip {arguments}: {problem}");
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetNamespace(int descriptor, int kind);
}
