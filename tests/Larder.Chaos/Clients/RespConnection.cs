using System.Buffers;
using System.Collections.Immutable;
using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Larder.Resp;

namespace Larder.Chaos.Clients;

/// <summary>
/// A connection through the TLS endpoint that hides nothing: it sends what it is given, once, and gives back what comes. Not thread-safe.
/// </summary>
public sealed class RespConnection : IAsyncDisposable
{
    private readonly SslStream _stream;
    private readonly PipeReader _reader;
    private readonly ArrayBufferWriter<byte> _output = new();

    private RespConnection(SslStream stream)
    {
        _stream = stream;
        _reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 * 1024));
    }

    /// <summary>Connects and authenticates.</summary>
    /// <param name="endpoint">Where to.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="IOException">The endpoint closed the connection, or refused the key.</exception>
    /// <exception cref="SocketException">Nobody listens.</exception>
    public static async Task<RespConnection> OpenAsync(ClientEndpoint endpoint, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        SslStream? stream = null;
        try
        {
            await socket.ConnectAsync("127.0.0.1", endpoint.Port, cancellationToken);
            stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            var chain = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            chain.CustomTrustStore.Add(endpoint.Authority);
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = endpoint.ServerName, CertificateChainPolicy = chain }, cancellationToken);
            var connection = new RespConnection(stream);
            var answer = await connection.CallAsync(cancellationToken, "AUTH", endpoint.Key);
            return answer is RespValue.Simple ? connection : throw new IOException($"AUTH was answered with {answer}.");
        }
        catch
        {
            socket.Dispose();
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }

            throw;
        }
    }

    /// <summary>Puts a command to those that go out with the next <see cref="SendAsync"/>.</summary>
    public void Add(params ReadOnlySpan<string> command)
    {
        RespWriter.WriteCommandHeader(_output, command.Length);
        foreach (var argument in command)
        {
            RespWriter.WriteBulk(_output, Encoding.UTF8.GetBytes(argument));
        }
    }

    /// <summary>Sends what was added, in one piece.</summary>
    public async Task SendAsync(CancellationToken cancellationToken)
    {
        await _stream.WriteAsync(_output.WrittenMemory, cancellationToken);
        await _stream.FlushAsync(cancellationToken);
        _output.ResetWrittenCount();
    }

    /// <summary>Sends one command and reads its reply.</summary>
    public async Task<RespValue> CallAsync(CancellationToken cancellationToken, params string[] command)
    {
        Add(command);
        await SendAsync(cancellationToken);
        return await ReadAsync(cancellationToken);
    }

    /// <summary>Reads one reply.</summary>
    /// <exception cref="IOException">The connection was closed, or what came is no RESP2.</exception>
    public async Task<RespValue> ReadAsync(CancellationToken cancellationToken)
    {
        var line = await LineAsync(cancellationToken);
        if (line.Length == 0)
        {
            throw new IOException("An empty line where a reply was expected.");
        }

        var rest = line[1..];
        switch (line[0])
        {
            case '+':
                return new RespValue.Simple(rest);
            case '-':
                return new RespValue.Failure(rest);
            case ':':
                return new RespValue.Number(Number(rest));
            case '$':
                var length = (int)Number(rest);
                return new RespValue.Bulk(length < 0 ? null : await BodyAsync(length, cancellationToken));
            case '*':
                var count = (int)Number(rest);
                if (count < 0)
                {
                    return new RespValue.Bulk(null);
                }

                var items = ImmutableArray.CreateBuilder<RespValue>(count);
                for (var i = 0; i < count; i++)
                {
                    items.Add(await ReadAsync(cancellationToken));
                }

                return new RespValue.List(items.MoveToImmutable());
            default:
                throw new IOException($"Not a reply of RESP2: {line}");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _reader.CompleteAsync();
        await _stream.DisposeAsync();
    }

    private static long Number(string text) =>
        RespInteger.TryParse(Encoding.ASCII.GetBytes(text), out var number) ? number : throw new IOException($"Not a number of RESP: {text}");

    private async ValueTask<string> LineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (!_reader.TryRead(out var result))
            {
                result = await _reader.ReadAsync(cancellationToken);
            }

            if (TryLine(result.Buffer, out var line, out var consumed))
            {
                _reader.AdvanceTo(consumed);
                return line;
            }

            _reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            if (result.IsCompleted)
            {
                throw new IOException("The connection was closed.");
            }
        }
    }

    private static bool TryLine(ReadOnlySequence<byte> buffer, out string line, out SequencePosition consumed)
    {
        var reader = new SequenceReader<byte>(buffer);
        if (reader.TryReadTo(out ReadOnlySequence<byte> text, "\r\n"u8))
        {
            (line, consumed) = (Encoding.UTF8.GetString(text), reader.Position);
            return true;
        }

        (line, consumed) = ("", buffer.Start);
        return false;
    }

    private async ValueTask<string> BodyAsync(int length, CancellationToken cancellationToken)
    {
        var result = await _reader.ReadAtLeastAsync(length + 2, cancellationToken);
        if (result.Buffer.Length < length + 2)
        {
            throw new IOException("The connection was closed within a string.");
        }

        var text = Encoding.UTF8.GetString(result.Buffer.Slice(0, length));
        _reader.AdvanceTo(result.Buffer.GetPosition(length + 2));
        return text;
    }
}
