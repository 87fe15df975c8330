namespace Larder.Compat.Differential;

/// <summary>An argument, as COMMAND DOCS describes it.</summary>
/// <param name="Name">What it means.</param>
/// <param name="Type">key, string, integer, double, pattern, unix-time, pure-token, oneof, block.</param>
/// <param name="Token">The word before it, or <c>null</c>.</param>
/// <param name="Flags">optional, multiple, multiple_token.</param>
/// <param name="Arguments">Of oneof and block: what is in it.</param>
public sealed record ArgumentSpec(string Name, string Type, string? Token, IReadOnlySet<string> Flags, IReadOnlyList<ArgumentSpec> Arguments);
