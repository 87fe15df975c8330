namespace Larder.Resp.Requests;

/// <summary>Where an argument lies.</summary>
/// <param name="Offset">From the first byte of the command.</param>
/// <param name="Length">In bytes; the argument may reach beyond the bytes that have arrived.</param>
public readonly record struct RespArgument(int Offset, int Length);
