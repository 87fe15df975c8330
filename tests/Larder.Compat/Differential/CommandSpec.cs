namespace Larder.Compat.Differential;

/// <summary>What an engine says of one of its commands, or subcommands.</summary>
/// <param name="Words">Its name; of a subcommand, both names.</param>
/// <param name="Arity">As COMMAND has it: the number of words, or, negative, the least.</param>
/// <param name="FirstKey">Where the first key is; 0: no keys, or not at a fixed place.</param>
/// <param name="Flags">Its flags.</param>
/// <param name="Group">Its topic, as COMMAND DOCS has it.</param>
/// <param name="Arguments">What it takes.</param>
public sealed record CommandSpec(
    IReadOnlyList<string> Words, int Arity, int FirstKey, IReadOnlySet<string> Flags, string Group, IReadOnlyList<ArgumentSpec> Arguments)
{
    public string Name => string.Join(' ', Words).ToUpperInvariant();
}
