using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Larder.Host.Drill;

/// <summary>One client connection of a drill: TLS, a command after the other. Not thread-safe; of no more use after any exception but a reply's.</summary>
internal sealed class DrillConnection : IDisposable
{
    private const int LongestReply = 64 * 1024;

    private readonly SslStream _stream;
    private readonly byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    private DrillConnection(SslStream stream) => _stream = stream;

    /// <summary>Connects and authenticates.</summary>
    /// <param name="endpoint">Where to.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The connection.</returns>
    public static async Task<DrillConnection> OpenAsync(DrillEndpoint endpoint, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        SslStream? stream = null;
        try
        {
            await socket.ConnectAsync(endpoint.Host, endpoint.Port, cancellationToken);
            stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await stream.AuthenticateAsClientAsync(Options(endpoint), cancellationToken);
            var connection = new DrillConnection(stream);
            await connection.CallAsync(["AUTH", endpoint.Key], cancellationToken);
            return connection;
        }
        catch
        {
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }

            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends a command and waits for its reply.</summary>
    /// <param name="words">The command.</param>
    /// <param name="cancellationToken">Gives up; the connection is then of no more use.</param>
    /// <returns>A status, a number or a text; <c>null</c> where there is nothing.</returns>
    /// <exception cref="DrillReplyException">The reply is an error.</exception>
    public async Task<string?> CallAsync(IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        var request = new StringBuilder();
        request.Append(CultureInfo.InvariantCulture, $"*{words.Count}\r\n");
        foreach (var word in words)
        {
            request.Append(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n");
        }

        await _stream.WriteAsync(Encoding.UTF8.GetBytes(request.ToString()), cancellationToken);
        var line = await LineAsync(cancellationToken);
        var rest = line.Length == 0 ? "" : line[1..];
        return (line.Length == 0 ? '\0' : line[0]) switch
        {
            '+' or ':' => rest,
            '-' => throw new DrillReplyException(rest),
            '$' when rest == "-1" => null,
            '$' when int.TryParse(rest, CultureInfo.InvariantCulture, out var length) && length is >= 0 and <= LongestReply => await TextAsync(length, cancellationToken),
            _ => throw new InvalidDataException($"a reply that begins with '{(line.Length == 0 ? "" : line[..1])}'"),
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private static SslClientAuthenticationOptions Options(DrillEndpoint endpoint)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = endpoint.ServerName };
        if (endpoint.CaFile is { } file)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            options.CertificateChainPolicy.CustomTrustStore.ImportFromPemFile(file);
        }

        return options;
    }

    private async Task<string> TextAsync(int length, CancellationToken cancellationToken)
    {
        var text = new StringBuilder(length);
        for (var i = 0; i < length + 2; i++)
        {
            text.Append((char)await ByteAsync(cancellationToken));
        }

        return text.ToString(0, length);
    }

    private async Task<string> LineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        while (line.Length < LongestReply)
        {
            var next = (char)await ByteAsync(cancellationToken);
            if (next == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append(next);
        }

        throw new InvalidDataException("a reply without an end");
    }

    private async ValueTask<byte> ByteAsync(CancellationToken cancellationToken)
    {
        if (_start == _end)
        {
            _start = 0;
            _end = await _stream.ReadAsync(_buffer, cancellationToken);
            if (_end == 0)
            {
                throw new EndOfStreamException("the connection was closed");
            }
        }

        return _buffer[_start++];
    }
}
