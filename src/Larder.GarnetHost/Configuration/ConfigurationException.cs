namespace Larder.GarnetHost.Configuration;

/// <summary>The configuration file cannot be used; the message says which and why.</summary>
/// <param name="message">What is wrong.</param>
/// <param name="innerException">The cause, or <c>null</c>.</param>
internal sealed class ConfigurationException(string message, Exception? innerException = null) : Exception(message, innerException);
