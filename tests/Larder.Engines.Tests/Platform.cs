using System.Runtime.Versioning;

// Engines run on Linux; so do these tests.
[assembly: SupportedOSPlatform("linux")]
