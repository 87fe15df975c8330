namespace Larder.Fuzz;

/// <summary>The fuzz has found something.</summary>
/// <param name="message">What, and with which bytes.</param>
public sealed class FuzzException(string message) : Exception(message);
