using System.CommandLine;
using Larder.Host.Client;
using Larder.Host.Daemon;

namespace Larder.Host.Cli.Verbs;

/// <summary><c>larder serve</c>.</summary>
internal sealed class ServeVerb : Verb
{
    private readonly Option<int?> _tlsPort = new("--tls-port")
    {
        Description = "The TLS port of caches that name none of their own (default: $LARDER_TLS_PORT, else 6380)",
        HelpName = "PORT",
    };

    private readonly Option<int?> _plainPort = new("--plain-port")
    {
        Description = "The plain port of caches that have one and name none of their own (default: $LARDER_PLAIN_PORT, else 6379)",
        HelpName = "PORT",
    };

    private readonly Option<bool> _background = new("--background") { Hidden = true };

    /// <summary>Makes the verb.</summary>
    /// <param name="globals">The options that every verb takes.</param>
    public ServeVerb(GlobalOptions globals)
        : base("serve", "Run the daemon in the foreground, for a service manager ('up' starts it in the background)", globals)
    {
        Options.Add(_tlsPort);
        Options.Add(_plainPort);
        Options.Add(_background);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Arguments, string Effect)> Examples =>
        [("serve", "until Ctrl-C; engines run on"), ("serve --home /var/lib/larder --tls-port 6380", "as a service would")];

    /// <inheritdoc/>
    protected override Task<int> RunAsync(CliContext context, ParseResult arguments, CancellationToken cancellationToken)
    {
        var background = arguments.GetValue(_background);
        if (background)
        {
            DaemonSession.LeaveTerminal();
        }

        var options = new ServeOptions { TlsPort = arguments.GetValue(_tlsPort), PlainPort = arguments.GetValue(_plainPort), Background = background };
        return context.Services.Serve(context.Home, options, cancellationToken);
    }
}
