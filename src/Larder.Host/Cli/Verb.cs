using System.CommandLine;

namespace Larder.Host.Cli;

/// <summary>One verb of the command line.</summary>
internal abstract class Verb : Command
{
    /// <summary>Makes a verb.</summary>
    /// <param name="name">Its word.</param>
    /// <param name="description">What it does; one sentence without a full stop.</param>
    /// <param name="globals">The options that every verb takes.</param>
    protected Verb(string name, string description, GlobalOptions globals)
        : base(name, description) =>
        SetAction((arguments, cancellationToken) => RunAsync(globals.Context(arguments), arguments, cancellationToken));

    /// <summary>Examples for its help: the arguments, and what they do.</summary>
    public abstract IReadOnlyList<(string Arguments, string Effect)> Examples { get; }

    /// <summary>Runs it.</summary>
    /// <param name="context">What it works with.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="cancellationToken">The user wants it to end.</param>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    protected abstract Task<int> RunAsync(CliContext context, ParseResult arguments, CancellationToken cancellationToken);

    /// <summary>The argument that names a cache.</summary>
    /// <returns>The argument.</returns>
    protected static Argument<string> CacheName() => new("NAME") { Description = "The cache's name" };
}
