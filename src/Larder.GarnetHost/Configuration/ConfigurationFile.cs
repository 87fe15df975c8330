using System.Text.Json;
using System.Text.Json.Serialization;

namespace Larder.GarnetHost.Configuration;

/// <summary>Reads the configuration file.</summary>
internal static partial class ConfigurationFile
{
    private const UnixFileMode OfOthers = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>Reads and checks it.</summary>
    /// <param name="path">Its path.</param>
    /// <returns>What the node is to be.</returns>
    /// <exception cref="ConfigurationException">It is missing, open to other users, or not of the expected form.</exception>
    public static GarnetHostConfiguration Read(string path)
    {
        try
        {
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & OfOthers) != 0)
            {
                throw new ConfigurationException($"'{path}' carries a password and is open to other users; make it mode 0600.");
            }

            var document = JsonSerializer.Deserialize(File.ReadAllBytes(path), ConfigurationJson.Default.GarnetHostConfiguration)
                ?? throw new ConfigurationException($"'{path}' is empty.");
            return document.Form == GarnetHostConfiguration.CurrentForm
                ? document
                : throw new ConfigurationException(
                    $"'{path}' is of form {document.Form}, this program reads form {GarnetHostConfiguration.CurrentForm}; "
                    + "Larder and its Garnet host are of different versions.");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"'{path}' cannot be read: {problem.Message}", problem);
        }
        catch (JsonException problem)
        {
            // The parser's message names the place; the document itself holds a password and is not quoted.
            throw new ConfigurationException(
                $"'{path}' is not a valid configuration (at {problem.Path ?? "$"}, line {problem.LineNumber + 1}).", problem);
        }
    }

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
    [JsonSerializable(typeof(GarnetHostConfiguration))]
    private sealed partial class ConfigurationJson : JsonSerializerContext;
}
