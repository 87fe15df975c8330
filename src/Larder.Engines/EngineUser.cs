using Larder.Model;

namespace Larder.Engines;

/// <summary>A user inside an engine.</summary>
/// <param name="Name">Its name: letters and hyphens.</param>
/// <param name="Password">Its password: hexadecimal.</param>
public sealed record EngineUser(string Name, Secret Password);
