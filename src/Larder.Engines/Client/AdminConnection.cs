using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace Larder.Engines.Client;

/// <summary>
/// A connection to an engine as one of its users: connects at the first call and again after a failure. Calls are executed one after the
/// other; each has its deadline, connecting included. A call that fails leaves no half-read reply behind: its connection is closed.
/// </summary>
/// <param name="endpoint">Where the engine listens.</param>
/// <param name="user">The user.</param>
/// <param name="name">What errors call the node.</param>
/// <param name="time">The clock of the deadlines.</param>
internal sealed class AdminConnection(EndPoint endpoint, EngineUser user, string name, TimeProvider time) : IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private Socket? _socket;
    private ReplyReader? _reader;
    private NetworkStream? _stream;
    private bool _disposed;

    /// <summary>The process at the other end of a unix socket, as the kernel names it; <c>null</c> before the first call.</summary>
    public int? PeerProcessId { get; private set; }

    /// <summary>Sends commands in one go and reads their replies.</summary>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="commands">The commands, each a name and arguments.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>One reply for each command; errors are among them.</returns>
    /// <exception cref="EngineException">No connection, no answer in time, or none that is RESP.</exception>
    public async Task<IReadOnlyList<Reply>> CallAsync(
        TimeSpan timeout, IReadOnlyList<IReadOnlyList<string>> commands, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await _turn.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw TimedOut(timeout, commands, "waiting for the call before it");
        }

        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            await ConnectAsync(either.Token);
            return await ExchangeAsync(commands, either.Token);
        }
        catch (Exception problem)
        {
            var connected = _reader is not null;
            Close();
            throw problem switch
            {
                OperationCanceledException when cancellationToken.IsCancellationRequested => problem,
                OperationCanceledException => TimedOut(timeout, commands, connected ? "waiting for the answer" : "connecting"),
                InvalidDataException => new EngineException(
                    EngineFailure.ProtocolViolation, $"{name} answered {Verb(commands)} with something that is not RESP: {problem.Message}.", problem),
                SocketException or IOException when connected => new EngineException(
                    EngineFailure.Disconnected, $"{name} closed the connection before it answered {Verb(commands)}: {problem.Message}.", problem),
                SocketException or IOException => new EngineException(
                    EngineFailure.Unreachable, $"{name} takes no connection at {endpoint}: {problem.Message}.", problem),
                _ => problem,
            };
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync();
        _disposed = true;
        Close();
        _turn.Release();
    }

    private static string Verb(IReadOnlyList<IReadOnlyList<string>> commands) => string.Join(", ", commands.Select(command => command[0]));

    private EngineException TimedOut(TimeSpan timeout, IReadOnlyList<IReadOnlyList<string>> commands, string phase) => new(
        EngineFailure.TimedOut, $"{name} did not answer {Verb(commands)} within {timeout.TotalSeconds:0.###} s ({phase}).");

    private async Task<IReadOnlyList<Reply>> ExchangeAsync(IReadOnlyList<IReadOnlyList<string>> commands, CancellationToken cancellationToken)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var command in commands)
        {
            CommandWriter.Write(output, command);
        }

        await _stream!.WriteAsync(output.WrittenMemory, cancellationToken);
        var replies = new Reply[commands.Count];
        for (var reply = 0; reply < replies.Length; reply++)
        {
            replies[reply] = await _reader!.ReadAsync(cancellationToken);
        }

        return replies;
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        if (_socket is not null)
        {
            return;
        }

        var unix = endpoint.AddressFamily == AddressFamily.Unix;
        _socket = new Socket(endpoint.AddressFamily, SocketType.Stream, unix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        await _socket.ConnectAsync(endpoint, cancellationToken);
        PeerProcessId = unix ? PeerCredentials.ProcessIdOf(_socket) : null;
        _stream = new NetworkStream(_socket, ownsSocket: false);
        _reader = new ReplyReader(_stream);
        var reply = (await ExchangeAsync([["AUTH", user.Name, user.Password.Reveal()]], cancellationToken))[0];
        if (reply.IsError)
        {
            // The engine's text says WRONGPASS or NOAUTH and never repeats the password.
            throw new EngineException(EngineFailure.Refused, $"{name} refused user '{user.Name}': {reply.Text}.");
        }
    }

    private void Close()
    {
        _stream?.Dispose();
        _socket?.Dispose();
        _socket = null;
        _stream = null;
        _reader = null;
    }
}
